/**
 * The attestors a server was configured with, over the pure verifiers of the attestation engine.
 * What they need from elsewhere (JWKS, the API server of a cluster) comes in as effects; an effect
 * that fails is a refusal, never an open door.
 */
import type { KeyObject } from 'node:crypto';
import {
  attestKubernetes,
  type AwsPolicy,
  type AzurePolicy,
  challengeAzure,
  challengeX509Pop,
  type GcpPolicy,
  type KubernetesPolicy,
  type OidcProvider,
  type ReviewToken,
  type SlurmPolicy,
  tokenKeyId,
  verifyAws,
  verifyAzure,
  verifyGcp,
  verifyOidc,
  verifySlurm,
  verifyTpm,
  verifyX509Pop,
  type X509PopPolicy,
} from '../../../engines/attestation/index.ts';
import { isRefusal, type Refusal } from '../../../kernel/errors.ts';
import type { JsonObject } from '../../../kernel/json-value.ts';
import type {
  NodeAttestor,
  NodeAttestors,
  NodeChallenge,
  NodeVerdict,
} from '../agents/attestor.ts';

/**
 * The newest JWKS of an issuer, cached and refreshed by whoever gives it. `keyId` is the key that is
 * looked for, unproven: a set without it may be older than the key.
 */
export type FetchJwks = (keyId: string | undefined) => Promise<JsonObject | Refusal>;

/** An issuer whose keys are fetched. */
export type FetchedProvider = Omit<OidcProvider, 'jwks'> & { readonly jwks: FetchJwks };

/** Each part switches its attestor on. */
export type AttestorOptions = {
  readonly x509pop?: X509PopPolicy;
  readonly kubernetes?: { readonly policy: KubernetesPolicy; readonly reviewToken: ReviewToken };
  readonly aws?: AwsPolicy;
  readonly gcp?: Omit<GcpPolicy, 'jwks'> & { readonly jwks: FetchJwks };
  readonly azure?: AzurePolicy;
  readonly oidc?: ReadonlyMap<string, FetchedProvider>;
  readonly slurm?: SlurmPolicy;
};

const spkiOf = (key: KeyObject): Uint8Array => key.export({ type: 'spki', format: 'der' });

const asChallenge = (challenge: JsonObject | Refusal): NodeChallenge | Refusal =>
  isRefusal(challenge) ? challenge : { challenge };

const x509pop = (policy: X509PopPolicy): NodeAttestor => ({
  attest: (evidence, { nowMs, publicKey, challengeResponse }) => {
    const bound = { policy, spki: spkiOf(publicKey) };
    return Promise.resolve(
      challengeResponse === undefined
        ? asChallenge(challengeX509Pop(evidence, bound, { nowMs }))
        : verifyX509Pop(evidence, { ...bound, challengeResponse }, { nowMs }),
    );
  },
});

const azure = (policy: AzurePolicy): NodeAttestor => ({
  attest: (evidence, { nowMs, publicKey, challengeResponse }) => {
    const bound = { policy, spki: spkiOf(publicKey) };
    return Promise.resolve(
      challengeResponse === undefined
        ? asChallenge(challengeAzure(bound, { nowMs }))
        : verifyAzure(evidence, { ...bound, challengeResponse }, { nowMs }),
    );
  },
});

const gcp = ({
  jwks: fetchJwks,
  ...policy
}: NonNullable<AttestorOptions['gcp']>): NodeAttestor => ({
  attest: async (evidence, { nowMs }) => {
    const jwks = await fetchJwks(tokenKeyId(evidence['token']));
    return isRefusal(jwks) ? jwks : verifyGcp(evidence, { ...policy, jwks }, { nowMs });
  },
});

const oidc = (providers: NonNullable<AttestorOptions['oidc']>): NodeAttestor => ({
  attest: async (evidence, { nowMs }): Promise<NodeVerdict | Refusal> => {
    const name = evidence['provider'];
    const chosen = typeof name === 'string' ? providers.get(name) : undefined;
    const known = new Map<string, OidcProvider>();
    if (chosen !== undefined && typeof name === 'string') {
      const jwks = await chosen.jwks(tokenKeyId(evidence['token']));
      if (isRefusal(jwks)) return jwks;
      known.set(name, { ...chosen, jwks });
    }
    return verifyOidc(evidence, { providers: known }, { nowMs });
  },
});

/** The attestors by the names that stand in requests. `tpm` is always there and always refuses. */
export const createNodeAttestors = (options: AttestorOptions): NodeAttestors => {
  const attestors = new Map<string, NodeAttestor>();
  const { kubernetes, aws, slurm } = options;
  if (options.x509pop !== undefined) attestors.set('x509pop', x509pop(options.x509pop));
  if (kubernetes !== undefined)
    attestors.set('k8s-psat', {
      attest: (evidence, { nowMs }) => attestKubernetes(evidence, kubernetes, { nowMs }),
    });
  if (aws !== undefined)
    attestors.set('aws-iid', {
      attest: (evidence, { nowMs }) => Promise.resolve(verifyAws(evidence, aws, { nowMs })),
    });
  if (options.gcp !== undefined) attestors.set('gcp-iit', gcp(options.gcp));
  if (options.azure !== undefined) attestors.set('azure-imds', azure(options.azure));
  if (options.oidc !== undefined) attestors.set('oidc', oidc(options.oidc));
  if (slurm !== undefined)
    attestors.set('slurm', {
      attest: (evidence, { nowMs }) => Promise.resolve(verifySlurm(evidence, slurm, { nowMs })),
    });
  attestors.set('tpm', {
    attest: (evidence, { nowMs }) => Promise.resolve(verifyTpm(evidence, {}, { nowMs })),
  });
  return attestors;
};
