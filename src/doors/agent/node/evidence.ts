/**
 * Evidence of this node for each attestor the server may know. Files are read anew every time, so
 * that rotated tokens and certificates are found; metadata services are asked with short deadlines.
 */
import { createPrivateKey } from 'node:crypto';
import { answerX509Pop, azureNonce } from '../../../engines/attestation/index.ts';
import { decodePem } from '../../../engines/pki/index.ts';
import { decodeBase64Url, encodeBase64 } from '../../../kernel/base64url.ts';
import { isRefusal, type Refusal, refuse } from '../../../kernel/errors.ts';
import type { JsonObject } from '../../../kernel/json-value.ts';
import { agentErrors } from '../errors.ts';
import type { NodeEvidence } from './prove-node.ts';

export type EvidenceEffects = {
  /** A small file as text; rejects when it cannot be read. */
  readonly readText: (path: string) => Promise<string>;
  /** GET or PUT of a metadata service; rejects on anything but 200. */
  readonly fetchText: (
    url: string,
    init: { readonly method: 'GET' | 'PUT'; readonly headers: Readonly<Record<string, string>> },
  ) => Promise<string>;
};

const failed = (what: string, error: unknown): Refusal =>
  refuse(
    agentErrors.E_AGENT_UNATTESTED,
    `${what}: ${error instanceof Error ? error.message : String(error)}`,
  );

const trying = async <T>(what: string, work: () => Promise<T>): Promise<T | Refusal> => {
  try {
    return await work();
  } catch (error) {
    return failed(what, error);
  }
};

/** A join token from a file; it works once. */
export const joinTokenEvidence = (file: string, { readText }: EvidenceEffects): NodeEvidence => ({
  attestor: 'join-token',
  evidence: () => trying('join token', async () => ({ token: (await readText(file)).trim() })),
});

/** The token of `file`, with fixed members beside it: Kubernetes, CI systems, Slurm. */
export const tokenEvidence = (
  attestor: 'k8s-psat' | 'oidc' | 'slurm',
  { file, more }: { readonly file: string; readonly more: JsonObject },
  { readText }: EvidenceEffects,
): NodeEvidence => ({
  attestor,
  evidence: () => trying(attestor, async () => ({ ...more, token: (await readText(file)).trim() })),
});

/** A certificate chain and its key, both PEM. */
export const x509popEvidence = (
  files: { readonly chain: string; readonly key: string },
  { readText }: EvidenceEffects,
): NodeEvidence => ({
  attestor: 'x509pop',
  evidence: () =>
    trying('x509pop', async () => {
      const blocks = decodePem(await readText(files.chain), 'CERTIFICATE');
      if (isRefusal(blocks)) throw new Error(blocks.detail);
      return { chain: blocks.map(encodeBase64) };
    }),
  answer: (challenge, spki) =>
    trying('x509pop', async () => {
      const privateKey = createPrivateKey(await readText(files.key));
      const response = answerX509Pop(challenge, { privateKey, spki });
      if (isRefusal(response)) throw new Error(response.detail);
      return { challengeResponse: response };
    }),
});

const awsBase = 'http://169.254.169.254/latest';

/** The signed identity document, fetched by version 2 of the instance metadata service. */
export const awsEvidence = ({ fetchText }: EvidenceEffects): NodeEvidence => ({
  attestor: 'aws-iid',
  evidence: () =>
    trying('instance metadata', async () => {
      const token = await fetchText(`${awsBase}/api/token`, {
        method: 'PUT',
        headers: { 'x-aws-ec2-metadata-token-ttl-seconds': '60' },
      });
      const pkcs7 = await fetchText(`${awsBase}/dynamic/instance-identity/rsa2048`, {
        method: 'GET',
        headers: { 'x-aws-ec2-metadata-token': token },
      });
      return { pkcs7 };
    }),
});

const gcpBase = 'http://metadata.google.internal/computeMetadata/v1/instance/service-accounts';

/** The identity token in its full format, for the audience the server expects. */
export const gcpEvidence = (audience: string, { fetchText }: EvidenceEffects): NodeEvidence => ({
  attestor: 'gcp-iit',
  evidence: () =>
    trying('instance metadata', async () => {
      const query = `audience=${encodeURIComponent(audience)}&format=full`;
      const headers = { 'metadata-flavor': 'Google' };
      const url = `${gcpBase}/default/identity?${query}`;
      return { token: (await fetchText(url, { method: 'GET', headers })).trim() };
    }),
});

const azureUrl = 'http://169.254.169.254/metadata/attested/document?api-version=2020-09-01&nonce=';

/** The attested document over the nonce of the server's challenge. */
export const azureEvidence = ({ fetchText }: EvidenceEffects): NodeEvidence => ({
  attestor: 'azure-imds',
  evidence: () => Promise.resolve({}),
  answer: (challenge) =>
    trying('instance metadata', async () => {
      const text = challenge['nonce'];
      const nonce = decodeBase64Url(typeof text === 'string' ? text : '');
      if (isRefusal(nonce) || nonce.length < 8) throw new Error('the challenge has no nonce');
      const url = `${azureUrl}${azureNonce(nonce)}`;
      const answer: unknown = JSON.parse(
        await fetchText(url, { method: 'GET', headers: { metadata: 'true' } }),
      );
      const { signature } = answer as { readonly signature?: unknown };
      if (typeof signature !== 'string') throw new Error('the document has no signature');
      return { challengeResponse: { challenge }, evidence: { signature } };
    }),
});
