/**
 * The attestors that the configuration switches on, with the files they need read and the ways to
 * issuers and clusters open. Starts with all of them or not at all.
 */
import { hash } from 'node:crypto';
import {
  type AttestorOptions,
  createNodeAttestors,
  type FetchedProvider,
  type FetchJwks,
  type NodeAttestors,
} from '../../domains/identity/index.ts';
import type { ChallengeKey } from '../../engines/attestation/index.ts';
import type { Certificate } from '../../engines/pki/index.ts';
import type { Clock } from '../../kernel/effects.ts';
import { orThrow } from '../../kernel/errors.ts';
import { Secret } from '../../kernel/secret.ts';
import type { AttestationConfig } from '../../platform/config/index.ts';
import type { KeyStore } from '../../platform/keys/index.ts';
import type { Log } from '../../platform/log/index.ts';
import { createKeySource } from './key-source.ts';
import {
  checkAuthoritiesPem,
  onBehalfOf,
  readAuthorities,
  readCertificates,
  readKeySet,
  readTextBounded,
} from './materials.ts';
import { judgeAddress, requestJson } from './request-json.ts';
import { createReviewToken } from './token-review.ts';

export type ConfiguredAttestorsDeps = {
  readonly config: AttestationConfig;
  readonly keys: Pick<KeyStore, 'ensureSigningKey' | 'sign'>;
  readonly clock: Pick<Clock, 'monotonicMs'>;
  readonly log: Pick<Log, 'warn'>;
};

const challengeKeyName = 'attestation-challenge';
const challengeLabel = Buffer.from('sallyport attestation challenge key 1\0');

/**
 * The key of challenges is derived from a signature by a key of the key store that signs nothing
 * else (Ed25519 always gives the same one): it outlives restarts and is the same on all replicas.
 */
const challengeKeyFrom = async (keys: ConfiguredAttestorsDeps['keys']): Promise<ChallengeKey> => {
  await keys.ensureSigningKey(challengeKeyName, 'ed25519');
  const signature = await keys.sign(challengeKeyName, challengeLabel);
  return new Secret(hash('sha256', signature, 'buffer'));
};

type Place = {
  readonly key: string;
  readonly jwksUrl?: string | undefined;
  readonly jwksFile?: string | undefined;
  readonly caFile?: string | undefined;
};

const checkUrl = (key: string, url: string): Promise<unknown> =>
  onBehalfOf(key, async () => orThrow(judgeAddress(url)));

const loaderOf = async ({ key, jwksUrl, jwksFile, caFile }: Place) => {
  if (jwksFile !== undefined) {
    await onBehalfOf(`${key}.jwksFile`, () => readKeySet(jwksFile));
    return () => readKeySet(jwksFile);
  }
  const url = jwksUrl ?? '';
  await checkUrl(`${key}.jwksUrl`, url);
  if (caFile === undefined) return () => requestJson({ url });
  await onBehalfOf(`${key}.caFile`, () => checkAuthoritiesPem(caFile));
  return async () => requestJson({ url, ca: await readTextBounded(caFile) });
};

const keysOf = async (
  place: Place,
  { clock, log }: Pick<ConfiguredAttestorsDeps, 'clock' | 'log'>,
): Promise<FetchJwks> =>
  createKeySource({ name: place.key, load: await loaderOf(place), clock, log });

const x509pop = async (
  { authoritiesFile }: AttestationConfig['x509pop'],
  challengeKey: ChallengeKey,
): Promise<AttestorOptions> => {
  if (authoritiesFile === undefined) return {};
  const authorities = await onBehalfOf('x509pop.authoritiesFile', () =>
    readAuthorities(authoritiesFile),
  );
  return { x509pop: { authorities, challengeKey } };
};

const kubernetes = async (
  { clusters }: AttestationConfig['kubernetes'],
  { log }: Pick<ConfiguredAttestorsDeps, 'log'>,
): Promise<AttestorOptions> => {
  if (clusters.length === 0) return {};
  for (const { name, url, caFile, tokenFile } of clusters) {
    const key = `kubernetes.clusters[${name}]`;
    await checkUrl(`${key}.url`, url);
    await onBehalfOf(`${key}.caFile`, () => checkAuthoritiesPem(caFile));
    await onBehalfOf(`${key}.tokenFile`, () => readTextBounded(tokenFile));
  }
  const policy = { clusters: new Map(clusters.map((cluster) => [cluster.name, cluster])) };
  return { kubernetes: { policy, reviewToken: createReviewToken(clusters, { log }) } };
};

const aws = async ({
  certificates,
  accounts,
}: AttestationConfig['aws']): Promise<AttestorOptions> => {
  if (certificates.length === 0) return {};
  const byRegion = new Map<string, readonly Certificate[]>();
  for (const { region, file } of certificates) {
    const more = await onBehalfOf(`aws.certificates[${region}].file`, () => readCertificates(file));
    byRegion.set(region, [...(byRegion.get(region) ?? []), ...more]);
  }
  return { aws: { certificates: byRegion, accounts } };
};

const gcp = async (
  { audience, projects, jwksUrl, jwksFile }: AttestationConfig['gcp'],
  effects: Pick<ConfiguredAttestorsDeps, 'clock' | 'log'>,
): Promise<AttestorOptions> => {
  if (audience === undefined) return {};
  const jwks = await keysOf({ key: 'gcp', jwksUrl, jwksFile }, effects);
  return { gcp: { audience, projects, jwks } };
};

const azure = async (
  { authoritiesFile, intermediatesFile, ...admitted }: AttestationConfig['azure'],
  challengeKey: ChallengeKey,
): Promise<AttestorOptions> => {
  if (authoritiesFile === undefined) return {};
  const authorities = await onBehalfOf('azure.authoritiesFile', () =>
    readAuthorities(authoritiesFile),
  );
  const intermediates = await onBehalfOf('azure.intermediatesFile', async () =>
    intermediatesFile === undefined ? [] : readAuthorities(intermediatesFile),
  );
  return { azure: { ...admitted, authorities, intermediates, challengeKey } };
};

const oidc = async (
  { providers }: AttestationConfig['oidc'],
  effects: Pick<ConfiguredAttestorsDeps, 'clock' | 'log'>,
): Promise<AttestorOptions> => {
  if (providers.length === 0) return {};
  const known = new Map<string, FetchedProvider>();
  for (const { name, jwksUrl, jwksFile, caFile, ...provider } of providers) {
    const key = `oidc.providers[${name}]`;
    const jwks = await keysOf({ key, jwksUrl, jwksFile, caFile }, effects);
    known.set(name, { ...provider, jwks });
  }
  return { oidc: known };
};

const slurm = async ({ clusters }: AttestationConfig['slurm']): Promise<AttestorOptions> => {
  if (clusters.length === 0) return {};
  const read = clusters.map(async ({ name, keyFile, ...cluster }) => {
    const key = `slurm.clusters[${name}].keyFile`;
    const jwks = await onBehalfOf(key, () => readKeySet(keyFile));
    return [name, { ...cluster, jwks }] as const;
  });
  return { slurm: { clusters: new Map(await Promise.all(read)) } };
};

/**
 * Reads what the configuration names and builds the attestors. Nothing is fetched yet.
 *
 * @throws SallyportError E_CONFIG_INVALID naming the key of a file or address that cannot be used
 */
export const createConfiguredAttestors = async (
  deps: ConfiguredAttestorsDeps,
): Promise<NodeAttestors> => {
  const { config, keys } = deps;
  const challengeKey = await challengeKeyFrom(keys);
  return createNodeAttestors({
    ...(await x509pop(config.x509pop, challengeKey)),
    ...(await kubernetes(config.kubernetes, deps)),
    ...(await aws(config.aws)),
    ...(await gcp(config.gcp, deps)),
    ...(await azure(config.azure, challengeKey)),
    ...(await oidc(config.oidc, deps)),
    ...(await slurm(config.slurm)),
  });
};
