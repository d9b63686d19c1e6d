/** ValidateJWTSVID: all rules of the profile, and no verdict on knowledge older than the lease. */
import { verifyJwtSvid } from '../../../engines/pki/index.ts';
import { isRefusal, type Refusal, refuse } from '../../../kernel/errors.ts';
import type { TrustDomain } from '../../../kernel/ids.ts';
import type { JwtSvidCheck, ValidatedJwtSvid } from '../../workload-api/index.ts';
import { agentErrors } from '../errors.ts';
import type { Knowledge } from '../sync/knowledge.ts';
import type { ServerTime } from '../sync/server-time.ts';

/** Judges a token for one audience by the bundles the server told. */
export const validateJwt = (
  { audience, token }: JwtSvidCheck,
  { knowledge, time }: { readonly knowledge: Knowledge; readonly time: ServerTime },
): ValidatedJwtSvid | Refusal => {
  if (time.isStale())
    return refuse(agentErrors.E_AGENT_STALE, 'the server was not heard for too long');
  const bundleOf = (name: string) => knowledge.bundles().get(name as TrustDomain)?.trust;
  const verdict = verifyJwtSvid(token, { audiences: [audience], nowMs: time.nowMs(), bundleOf });
  if (isRefusal(verdict)) return verdict;
  return { spiffeId: verdict.spiffeId, claims: verdict.claims };
};
