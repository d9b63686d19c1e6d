/**
 * Azure attested documents (PKCS#7 of the instance metadata service). The certificate that the
 * SignerInfo names and whose key verifies the signature is the one whose chain and name are judged.
 */
import { isRefusal, type Refusal } from '../../kernel/errors.ts';
import type { JsonObject } from '../../kernel/json-value.ts';
import { parseJson } from '../../kernel/strict-json.ts';
import type { Certificate } from '../pki/index.ts';
import {
  type Binding,
  type ChallengeKey,
  checkChallenge,
  makeChallenge,
  toDigits,
} from './challenge.ts';
import { parseSignedData, type SignedData } from './cms-reader.ts';
import { findSigner } from './cms-signer.ts';
import {
  denied,
  expired,
  malformed,
  member,
  objectMember,
  textMember,
  toNodeId,
  toSelectors,
  untrusted,
  wrappedBase64,
} from './reading.ts';
import type { AttestationTime, AttestedNode, Evidence } from './types.ts';
import { checkPath, readCertificates } from './x509-path.ts';

export type AzurePolicy = {
  /** Roots that the chain of the signer must reach. */
  readonly authorities: readonly Certificate[];
  /** Intermediates of Microsoft; they do not travel in the document. */
  readonly intermediates: readonly Certificate[];
  /** DNS names of signers: exact, or `*.` and a suffix. */
  readonly signerNames: readonly string[];
  /** Subscription ids that are admitted; an empty list admits none. */
  readonly subscriptions: readonly string[];
  readonly challengeKey: ChallengeKey;
};

export type AzureProof = {
  readonly policy: AzurePolicy;
  /** SubjectPublicKeyInfo of the key in the certificate request; the answer is bound to it. */
  readonly spki: Uint8Array;
  readonly challengeResponse: Evidence | undefined;
};

const nonceDigits = 10;
const maxDocumentLength = 49_152;
const bindingOf = (spki: Uint8Array): Binding => ({ purpose: 'azure-imds', parts: [spki] });

/** The challenge; a node asks the metadata service with `azureNonce` of it. */
export const challengeAzure = (
  { policy, spki }: { readonly policy: AzurePolicy; readonly spki: Uint8Array },
  time: AttestationTime,
): JsonObject => makeChallenge(policy.challengeKey, bindingOf(spki), time);

/** Ten decimal digits from the nonce of a challenge: more the metadata service does not take. */
export const azureNonce = (nonce: Uint8Array): string => toDigits(nonce, nonceDigits);

const isNamed = (certificate: Certificate, allowed: readonly string[]): boolean =>
  (certificate.extensions.subjectAltNames ?? []).some(
    (name) =>
      name.kind === 'dns' &&
      allowed.some((wanted) =>
        wanted.startsWith('*.')
          ? name.value.endsWith(wanted.slice(1)) && !name.value.includes('*')
          : name.value === wanted,
      ),
  );

const checkSigner = (data: SignedData, policy: AzurePolicy, nowMs: number): Refusal | undefined => {
  const bag = readCertificates(data.certificates);
  const signer = findSigner(data, bag);
  if (isRefusal(signer)) return signer;
  const others = [...policy.intermediates, ...bag];
  const problem = checkPath(signer, { anchors: policy.authorities, others, nowMs });
  if (problem !== undefined) return problem;
  return isNamed(signer, policy.signerNames)
    ? undefined
    : untrusted('the signer is not the metadata service');
};

/** `11/28/18 00:16:17 -0000` in epoch milliseconds. */
const readTime = (text: string): number | undefined => {
  const found = /^(\d\d)\/(\d\d)\/(\d\d) (\d\d):(\d\d):(\d\d) [+-]0000$/.exec(text);
  if (found === null) return undefined;
  const [month = 0, day = 0, year = 0, hour = 0, minute = 0, second = 0] = found
    .slice(1)
    .map(Number);
  return Date.UTC(2000 + year, month - 1, day, hour, minute, second);
};

const skewMs = 60_000;

const checkTimes = (document: Evidence, nowMs: number): Refusal | undefined => {
  const stamp = objectMember(document, 'timeStamp');
  const created = member(isRefusal(stamp) ? undefined : stamp, 'createdOn');
  const expires = member(isRefusal(stamp) ? undefined : stamp, 'expiresOn');
  const from = typeof created === 'string' ? readTime(created) : undefined;
  const until = typeof expires === 'string' ? readTime(expires) : undefined;
  if (from === undefined || until === undefined) return malformed('the document has no times');
  if (nowMs < from - skewMs) return expired('the document is not valid yet');
  return nowMs >= until ? expired('the document has expired') : undefined;
};

/** Evidence `{signature: base64}` as /metadata/attested/document gives it. */
export const verifyAzure = (
  evidence: Evidence,
  { policy, spki, challengeResponse }: AzureProof,
  time: AttestationTime,
): AttestedNode | Refusal => {
  const expectation = { key: policy.challengeKey, binding: bindingOf(spki) };
  const nonce = checkChallenge(member(challengeResponse, 'challenge'), expectation, time);
  if (isRefusal(nonce)) return nonce;
  const text = textMember(evidence, 'signature', maxDocumentLength);
  const bytes = isRefusal(text) ? text : wrappedBase64(text, 'signature');
  const data = isRefusal(bytes) ? bytes : parseSignedData(bytes);
  if (isRefusal(data)) return data;
  const problem = checkSigner(data, policy, time.nowMs);
  if (problem !== undefined) return problem;
  const document = parseJson(data.content, { maxBytes: 16_384, maxDepth: 8 });
  if (isRefusal(document)) return malformed('the document is not JSON');
  if (member(document, 'nonce') !== azureNonce(nonce))
    return denied('the document answers another challenge');
  return checkTimes(document, time.nowMs) ?? nodeOf(document, policy);
};

const nodeOf = (document: Evidence, { subscriptions }: AzurePolicy): AttestedNode | Refusal => {
  const subscription = textMember(document, 'subscriptionId', 64);
  if (isRefusal(subscription)) return subscription;
  if (!subscriptions.includes(subscription)) return denied('the subscription is not admitted');
  const vm = textMember(document, 'vmId', 64);
  if (isRefusal(vm)) return vm;
  const nodeId = toNodeId(subscription, vm);
  if (isRefusal(nodeId)) return nodeId;
  const sku = member(document, 'sku');
  const selectors = toSelectors('azure-imds', {
    'subscription-id': subscription,
    'vm-id': vm,
    sku: typeof sku === 'string' ? sku : undefined,
  });
  return { nodeId, selectors, reattestable: true };
};
