/**
 * AWS instance identity documents in their RSA-2048 form (PKCS#7 with the document inside). The
 * signer is looked for among the pinned certificates of the region; certificates that travel in the
 * message are never even read.
 */
import { isRefusal, type Refusal } from '../../kernel/errors.ts';
import { parseJson } from '../../kernel/strict-json.ts';
import type { Certificate } from '../pki/index.ts';
import { parseSignedData } from './cms-reader.ts';
import { findSigner } from './cms-signer.ts';
import {
  denied,
  expired,
  malformed,
  textMember,
  toNodeId,
  toSelectors,
  wrappedBase64,
} from './reading.ts';
import type { AttestationTime, AttestedNode, Evidence } from './types.ts';

export type AwsPolicy = {
  /** AWS publishes one certificate per region; several for the time of a change. */
  readonly certificates: ReadonlyMap<string, readonly Certificate[]>;
  /** Account numbers that are admitted; an empty list admits none. */
  readonly accounts: readonly string[];
};

const maxDocumentLength = 49_152;

/** Evidence `{pkcs7: base64 as /latest/dynamic/instance-identity/rsa2048 gives it}`. */
export const verifyAws = (
  evidence: Evidence,
  policy: AwsPolicy,
  { nowMs }: AttestationTime,
): AttestedNode | Refusal => {
  const text = textMember(evidence, 'pkcs7', maxDocumentLength);
  const bytes = isRefusal(text) ? text : wrappedBase64(text, 'pkcs7');
  const signed = isRefusal(bytes) ? bytes : parseSignedData(bytes);
  if (isRefusal(signed)) return signed;
  const document = parseJson(signed.content, { maxBytes: 16_384, maxDepth: 8 });
  if (isRefusal(document)) return malformed('the document is not JSON');
  // Only chooses the pin; a lie here chooses a certificate that did not sign.
  const region = textMember(document, 'region', 64);
  if (isRefusal(region)) return region;
  const pinned = policy.certificates.get(region);
  if (pinned === undefined) return denied('no certificate is pinned for the region');
  const signer = findSigner(signed, pinned);
  if (isRefusal(signer)) return signer;
  if (nowMs < signer.notBeforeMs || nowMs >= signer.notAfterMs)
    return expired('the pinned certificate is not valid now');
  return nodeOf(document, region, policy);
};

const nodeOf = (
  document: Evidence,
  region: string,
  { accounts }: AwsPolicy,
): AttestedNode | Refusal => {
  const account = textMember(document, 'accountId', 32);
  if (isRefusal(account)) return account;
  if (!accounts.includes(account)) return denied('the account is not admitted');
  const instance = textMember(document, 'instanceId', 64);
  if (isRefusal(instance)) return instance;
  const nodeId = toNodeId(account, region, instance);
  if (isRefusal(nodeId)) return nodeId;
  const optional = (name: string): string | undefined => {
    const value = textMember(document, name, 256);
    return isRefusal(value) ? undefined : value;
  };
  const selectors = toSelectors('aws-iid', {
    account,
    region,
    'instance-id': instance,
    'availability-zone': optional('availabilityZone'),
    'image-id': optional('imageId'),
    'instance-type': optional('instanceType'),
  });
  return { nodeId, selectors, reattestable: false };
};
