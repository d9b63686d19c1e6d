/** Tokens for the identities of one workload; a SPIFFE ID that is not its own is refused (WL-13). */
import { isRefusal, type Refusal, refuse } from '../../../kernel/errors.ts';
import type { SpiffeId } from '../../../kernel/ids.ts';
import { agentErrors } from '../errors.ts';
import type { Wish } from '../svids/issuer.ts';
import type { Claim } from './view.ts';

export type TokenAsk<T> = {
  /** Absent: for all identities (WL-12). */
  readonly wanted: SpiffeId | undefined;
  readonly issue: (wish: Wish) => Promise<T | Refusal>;
};

const idOf = ({ entry, instance }: Claim): SpiffeId =>
  (instance === undefined ? entry.spiffeId : `${entry.spiffeId}/${instance}`) as SpiffeId;

/** One token for each chosen identity; the first refusal is the answer. */
export const issueTokens = async <T extends object>(
  claims: readonly Claim[],
  { wanted, issue }: TokenAsk<T>,
): Promise<readonly (T & { readonly spiffeId: SpiffeId; readonly hint: string })[] | Refusal> => {
  const chosen = claims.filter((claim) => wanted === undefined || idOf(claim) === wanted);
  if (chosen.length === 0)
    return refuse(agentErrors.E_AGENT_WORKLOAD, 'this SPIFFE ID is not of this workload');
  const answers = await Promise.all(
    chosen.map(async (claim) => {
      const { entry, instance } = claim;
      const answer = await issue({
        entryId: entry.id,
        ...(instance === undefined ? {} : { instance }),
      });
      return isRefusal(answer) ? answer : { ...answer, spiffeId: idOf(claim), hint: entry.hint };
    }),
  );
  const refusal = answers.find(isRefusal);
  return refusal ?? answers.flatMap((answer) => (isRefusal(answer) ? [] : [answer]));
};
