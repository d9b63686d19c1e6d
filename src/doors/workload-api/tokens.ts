/** What the requests for tokens have in common in both APIs. */
import { isRefusal } from '../../kernel/errors.ts';
import { parseSpiffeId, type SpiffeId } from '../../kernel/ids.ts';
import { entitled } from './latest.ts';
import { withUsableHints } from './messages.ts';
import { denied, invalid, toStatus } from './status.ts';
import type { WorkloadSession } from './types.ts';

const maxAudiences = 64;
const maxAudienceLength = 2048;

/** The identity asked for; empty means all (WL-12). */
export const readWanted = (text: string): { readonly spiffeId?: SpiffeId } => {
  if (text === '') return {};
  const spiffeId = parseSpiffeId(text);
  if (isRefusal(spiffeId)) throw invalid(`spiffe_id: ${spiffeId.detail}`);
  return { spiffeId };
};

const readAudience = (audience: readonly string[]): readonly string[] => {
  if (audience.length === 0) throw invalid('audience is required (WL-11)');
  if (audience.length > maxAudiences) throw invalid(`more than ${maxAudiences} audiences`);
  if (audience.some((one) => one === '' || one.length > maxAudienceLength))
    throw invalid('an audience is empty or too long');
  return audience;
};

/** Never hands on more than was asked for, whatever came back. */
const onlyWanted = <T extends { readonly spiffeId: SpiffeId; readonly hint: string }>(
  svids: readonly T[],
  wanted: SpiffeId | undefined,
): readonly T[] => {
  const found = svids.filter(({ spiffeId }) => wanted === undefined || spiffeId === wanted);
  if (found.length === 0) throw denied('no identity issued for this SPIFFE ID');
  return withUsableHints(found);
};

type JwtRequest = { readonly audience: readonly string[]; readonly spiffeId: string };

/** Checks before anything is asked of the agent. */
export const readJwtRequest = (request: JwtRequest) => ({
  audience: readAudience(request.audience),
  ...readWanted(request.spiffeId),
});

/** Fields of JWTSVIDResponse. */
export const jwtSvidFields = async (
  session: WorkloadSession,
  ask: ReturnType<typeof readJwtRequest>,
) => {
  entitled(session.current());
  const svids = await session.jwtSvids(ask);
  if (isRefusal(svids)) throw toStatus(svids);
  return {
    svids: onlyWanted(svids, ask.spiffeId).map(({ spiffeId, token, hint }) => {
      return { spiffeId, svid: token.reveal(), hint };
    }),
  };
};

/** Fields of WITSVIDResponse, and when the first of the tokens ends. */
export const witSvidFields = async (session: WorkloadSession, wanted: SpiffeId | undefined) => {
  entitled(session.current());
  const answer = await session.witSvids(wanted === undefined ? {} : { spiffeId: wanted });
  if (isRefusal(answer)) throw toStatus(answer);
  const svids = onlyWanted(answer, wanted);
  return {
    expiresAtMs: Math.min(...svids.map(({ expiresAtMs }) => expiresAtMs)),
    fields: {
      svids: svids.map(({ spiffeId, token, privateJwk, hint }) => {
        return { spiffeId, witSvid: token.reveal(), witSvidKey: privateJwk.reveal(), hint };
      }),
    },
  };
};
