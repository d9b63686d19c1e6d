/** Who is at the other end of a TLS connection, and whether it may be: SVID, revocation, policy. */
import {
  checkRevocation,
  type Crl,
  parseCrl,
  validateX509Svid,
  type VerifiedX509Svid,
} from '../../../engines/pki/index.ts';
import { isRefusal, type Refusal, refuse, SallyportError } from '../../../kernel/errors.ts';
import { parseSpiffeId, type SpiffeId } from '../../../kernel/ids.ts';
import type { SvidState } from '../client/svid-state.ts';
import { agentErrors } from '../errors.ts';
import type { Authorize, ProxyOptions } from './types.ts';

export type JudgedPeer = { readonly spiffeId: SpiffeId; readonly chain: readonly Uint8Array[] };

export type JudgePeer = (chain: readonly Uint8Array[]) => Promise<JudgedPeer | Refusal>;

const stale = refuse(agentErrors.E_AGENT_STALE, 'knowledge of revocations is older than the lease');
const noIdentity = refuse(agentErrors.E_AGENT_NOT_READY, 'the proxy has no identity now');

/** Lists are parsed once for each state. */
const createCrlReader = () => {
  let of: readonly Uint8Array[] | undefined;
  let parsed: readonly Crl[] = [];
  return (ders: readonly Uint8Array[]): readonly Crl[] => {
    if (of === ders) return parsed;
    of = ders;
    parsed = ders.flatMap((der) => {
      const crl = parseCrl(der);
      return isRefusal(crl) ? [] : [crl];
    });
    return parsed;
  };
};

const validate = (
  chain: readonly Uint8Array[],
  { bundles }: SvidState,
  nowMs: number,
): VerifiedX509Svid | Refusal =>
  validateX509Svid(chain, { bundleOf: (name) => bundles.get(name), nowMs });

/** Creates the judge of one proxy. */
export const createPeerJudge = (
  options: Pick<ProxyOptions, 'state' | 'isStale' | 'clock' | 'authorize' | 'direction'>,
): JudgePeer => {
  const { clock, authorize, direction } = options;
  const crlsOf = createCrlReader();
  return async (chain) => {
    if (options.isStale()) return stale;
    const state = options.state();
    const own = state?.identities[0]?.spiffeId;
    if (state === undefined || own === undefined) return noIdentity;
    const nowMs = clock.nowMs();
    const verified = validate(chain, state, nowMs);
    if (isRefusal(verified)) return verified;
    const path = [verified.leaf, ...verified.authorities];
    const revoked = checkRevocation(path, crlsOf(state.crls), { nowMs });
    if (revoked !== undefined) return revoked;
    const { spiffeId } = verified;
    const refusal = await authorize({ peer: spiffeId, own, direction });
    return refusal ?? { spiffeId, chain };
  };
};

/** A pattern without a whole trust domain would admit everybody who is federated. */
const checkPattern = (pattern: string): void => {
  const id = pattern.endsWith('/*') ? pattern.slice(0, -2) : pattern;
  if (isRefusal(parseSpiffeId(id)))
    throw new SallyportError(
      agentErrors.E_AGENT_OPTIONS,
      `${pattern} is neither a SPIFFE ID nor one that ends in /*`,
    );
};

/**
 * Admits exactly these SPIFFE IDs; a final `/*` stands for any path below.
 *
 * @throws SallyportError E_AGENT_OPTIONS for a pattern that names no trust domain
 */
export const allowPeers = (patterns: readonly string[]): Authorize => {
  for (const pattern of patterns) checkPattern(pattern);
  const exact = new Set(patterns.filter((pattern) => !pattern.endsWith('/*')));
  const below = patterns
    .filter((pattern) => pattern.endsWith('/*'))
    .map((pattern) => pattern.slice(0, -1));
  return ({ peer }) =>
    exact.has(peer) || below.some((start) => peer.length > start.length && peer.startsWith(start))
      ? undefined
      : refuse(agentErrors.E_PROXY_PEER, `${peer} is not admitted`);
};
