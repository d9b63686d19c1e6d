/**
 * Challenges that the server does not have to remember: what it asks is derived from its own key,
 * the time of expiry and what the answer must be bound to. An answer replayed before it expires only
 * repeats the same request for the same key.
 */
import { createHmac } from 'node:crypto';
import { decodeBase64Url, encodeBase64Url } from '../../kernel/base64url.ts';
import { equalBytes } from '../../kernel/constant-time.ts';
import { isRefusal, type Refusal, refuse } from '../../kernel/errors.ts';
import type { JsonObject } from '../../kernel/json-value.ts';
import type { Secret } from '../../kernel/secret.ts';
import { attestationErrors } from './errors.ts';
import type { AttestationTime, Evidence } from './types.ts';
import { member } from './reading.ts';

export type ChallengeKey = Secret<Uint8Array>;

/** How long an answer may take. */
export const challengeLifeMs = 60_000;
const maxClockStepMs = 10_000;

export type Binding = {
  /** Keeps the challenges of different attestors apart. */
  readonly purpose: 'x509pop' | 'azure-imds';
  /** What the answer is good for: the leaf certificate, the request for a certificate. */
  readonly parts: readonly Uint8Array[];
};

const length = (bytes: Uint8Array): Uint8Array => {
  const prefix = Buffer.alloc(4);
  prefix.writeUInt32BE(bytes.length);
  return prefix;
};

const derive = (key: ChallengeKey, { purpose, parts }: Binding, expiresAtMs: number): Buffer => {
  const mac = createHmac('sha256', key.reveal());
  mac.update(`sallyport attestation ${purpose} ${expiresAtMs}\0`);
  for (const part of parts) mac.update(length(part)).update(part);
  return mac.digest();
};

const noAnswer = (what: string): Refusal => refuse(attestationErrors.E_ATTESTATION_CHALLENGE, what);

/** The 32 bytes to be signed, with the time until which the answer counts. */
export const makeChallenge = (
  key: ChallengeKey,
  binding: Binding,
  { nowMs }: AttestationTime,
): JsonObject => {
  const expiresAtMs = nowMs + challengeLifeMs;
  return { nonce: encodeBase64Url(derive(key, binding, expiresAtMs)), expiresAtMs };
};

const readExpiry = (challenge: Evidence | undefined, nowMs: number): number | Refusal => {
  const expiresAtMs = member(challenge, 'expiresAtMs');
  if (typeof expiresAtMs !== 'number' || !Number.isSafeInteger(expiresAtMs))
    return noAnswer('no challenge was answered');
  const isOpen = nowMs < expiresAtMs && expiresAtMs <= nowMs + challengeLifeMs + maxClockStepMs;
  return isOpen ? expiresAtMs : noAnswer('the challenge has expired');
};

/** The nonce of a challenge that is ours, bound to the same things and still open. */
export const checkChallenge = (
  challenge: Evidence | undefined,
  { key, binding }: { readonly key: ChallengeKey; readonly binding: Binding },
  { nowMs }: AttestationTime,
): Uint8Array | Refusal => {
  const expiresAtMs = readExpiry(challenge, nowMs);
  if (isRefusal(expiresAtMs)) return expiresAtMs;
  const text = member(challenge, 'nonce');
  const nonce = typeof text === 'string' && text.length <= 64 ? decodeBase64Url(text) : undefined;
  if (nonce === undefined || isRefusal(nonce)) return noAnswer('the challenge has no nonce');
  const wanted = derive(key, binding, expiresAtMs);
  return equalBytes(nonce, wanted) ? nonce : noAnswer('the challenge is not one of ours');
};

/** Decimal digits of a nonce, for platforms that take no more than ten. */
export const toDigits = (nonce: Uint8Array, count: number): string =>
  (Buffer.from(nonce).readBigUInt64BE(0) % 10n ** BigInt(count)).toString().padStart(count, '0');
