/**
 * Workload Proof Token (WIMSE, `wpt+jwt`): the presenter of a WIT-SVID signs, with the key the token
 * names, for whom and until when it presents it. Good for one use, for seconds (WIT-20 to WIT-24).
 */
import { hash, type KeyObject } from 'node:crypto';
import { isRefusal, type Refusal, refuse } from '../../kernel/errors.ts';
import { formatCompactJws, type HeaderRules, parseCompactJws } from './compact-jws.ts';
import { pkiErrors } from './errors.ts';
import { type JoseAlgorithm, signJose, verifyJose } from './jose-algorithm.ts';
import type { ReplayCache } from './replay-cache.ts';
import { type ClockSkew, defaultClockSkew } from './skew.ts';
import { checkTimes, readAudience, readTokenId } from './token-claims.ts';
import { type VerifiedWitSvid, verifyWitSvid, type WitSvidPolicy } from './wit-svid.ts';

export type WorkloadProofClaims = {
  /** The WIT-SVID that is presented beside the proof. */
  readonly wit: string;
  /** The server it is presented to: its target URI without query, or another name of its. */
  readonly audience: string;
  readonly expiresAtMs: number;
  /** Never used twice; 128 random bits or more. */
  readonly id: string;
  /** An OAuth access token that travels in the same request and is bound as well. */
  readonly accessToken?: string;
};

export type WorkloadProofSigner = {
  readonly algorithm: JoseAlgorithm;
  readonly privateKey: KeyObject;
};

export type WorkloadProofPolicy = {
  /** Names this verifier goes by. */
  readonly audiences: readonly string[];
  readonly nowMs: number;
  readonly skew?: ClockSkew;
  /** Its `windowMs` bounds how far ahead `exp` may lie. */
  readonly replays: ReplayCache;
  /** The access token of the same request; the proof must then name it. */
  readonly accessToken?: string;
};

/** A workload that holds the key of its token. `expiresAtMs` is that of the token. */
export type PresentedWitSvid = VerifiedWitSvid & { readonly proofId: string };

const headerRules: HeaderRules = { compact: 'WIT-20', algorithm: 'WIT-20', more: 'ignored' };
const rules = {
  audienceMissing: 'WIT-20',
  audienceForm: 'WIT-20',
  expiryMissing: 'WIT-24',
  expired: 'WIT-24',
} as const;

const hashOf = (token: string): string => hash('sha256', token, 'base64url');

const bad = (what: string, rule = 'WIT-23'): Refusal =>
  refuse(pkiErrors.E_SVID_PROOF, `proof: ${what} (${rule})`, { rule });

/**
 * Signs a proof: claims `aud`, `exp`, `jti`, `wth` (SHA-256 of the WIT-SVID, base64url) and `ath`
 * (the same of the access token). Times are cut to whole seconds.
 */
export const signWorkloadProof = (
  claims: WorkloadProofClaims,
  { algorithm, privateKey }: WorkloadProofSigner,
): string => {
  const { wit, audience, expiresAtMs, id, accessToken } = claims;
  return formatCompactJws(
    { alg: algorithm, typ: 'wpt+jwt' },
    {
      aud: audience,
      exp: Math.floor(expiresAtMs / 1000),
      jti: id,
      wth: hashOf(wit),
      ...(accessToken === undefined ? {} : { ath: hashOf(accessToken) }),
    },
    (data) => signJose(algorithm, privateKey, data),
  );
};

type Proof = { readonly id: string; readonly expiresAtMs: number };

const readProof = (
  proof: string,
  wit: VerifiedWitSvid,
  policy: WorkloadProofPolicy,
): Proof | Refusal => {
  const jws = parseCompactJws(proof, headerRules);
  if (isRefusal(jws)) return jws;
  const { header, payload } = jws;
  const { key, algorithm } = wit.confirmation;
  if (header.typ !== 'wpt+jwt') return bad('typ is not wpt+jwt');
  if (header.alg !== algorithm) return bad('alg is not that of the confirmed key');
  if (payload['wth'] !== hashOf(wit.token)) return bad('made for another token');
  const wantedAth = policy.accessToken === undefined ? undefined : hashOf(policy.accessToken);
  if (payload['ath'] !== wantedAth) return bad('made for another access token');
  const audience = readAudience(payload, rules);
  if (isRefusal(audience)) return audience;
  if (!policy.audiences.some((own) => audience.includes(own)))
    return refuse(pkiErrors.E_SVID_AUDIENCE, 'proof is not for this server');
  const { nowMs, skew = defaultClockSkew } = policy;
  const times = checkTimes(payload, { nowMs, skew }, rules);
  if (isRefusal(times)) return times;
  const id = readTokenId(payload);
  if (id === undefined) return bad('no usable jti');
  const signed = { data: jws.signingInput, signature: jws.signature };
  return verifyJose(algorithm, key, signed)
    ? { id, expiresAtMs: times.expiresAtMs + skew.afterMs }
    : bad('not signed with the confirmed key', 'WIT-20');
};

/**
 * Verifies that the presenter holds the key of a verified token, and that this proof is used for
 * the first time. The signature comes before the replay cache, so that only holders of keys can
 * fill it; limit their rate. Total on all inputs.
 */
export const verifyWorkloadProof = (
  proof: string,
  wit: VerifiedWitSvid,
  policy: WorkloadProofPolicy,
): PresentedWitSvid | Refusal => {
  const read = readProof(proof, wit, policy);
  if (isRefusal(read)) return read;
  const { id, expiresAtMs } = read;
  if (expiresAtMs - policy.nowMs > policy.replays.windowMs)
    return bad('lives longer than admitted', 'WIT-24');
  // The id is unique per token only: another workload may choose the same.
  const verdict = policy.replays.remember(hashOf(`${hashOf(wit.token)} ${id}`));
  if (verdict === 'seen') return refuse(pkiErrors.E_SVID_REPLAYED, 'proof was used before');
  if (verdict === 'full')
    return refuse(pkiErrors.E_SVID_REPLAY_UNKNOWN, 'the replay cache is full');
  return { ...wit, proofId: id };
};

/**
 * Verifies what a request carries in `Workload-Identity-Token` and `Workload-Proof-Token`. Without a
 * proof it refuses (WIT-23): a WIT-SVID is never a bearer token.
 */
export const verifyWitPresentation = (
  presented: { readonly token: string; readonly proof: string | undefined },
  policy: WorkloadProofPolicy & WitSvidPolicy,
): PresentedWitSvid | Refusal => {
  if (presented.proof === undefined) return bad('missing');
  const wit = verifyWitSvid(presented.token, policy);
  return isRefusal(wit) ? wit : verifyWorkloadProof(presented.proof, wit, policy);
};
