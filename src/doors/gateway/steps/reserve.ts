/**
 * Step 12: the whole of what the request may cost is held in every budget it falls under, before
 * anything is sent. What the upstream may produce was capped to what is held here.
 */
import { isRefusal, type Refusal } from '../../../kernel/errors.ts';
import type { Amounts, Reservation } from '../../../domains/budgets/index.ts';
import type { Endpoint } from '../../../domains/endpoints/index.ts';
import { type Exchange, filled } from '../exchange.ts';
import type { StepResult } from '../types.ts';

/** Tokens and price of one exchange, rounded up to whole micro-USD. */
export const amountsOf = (
  { prices }: Endpoint,
  inputTokens: number,
  outputTokens: number,
): Amounts => ({
  requests: 1,
  tokens: inputTokens + outputTokens,
  microUsd: Math.ceil(
    prices.requestMicroUsd +
      (inputTokens * prices.inputPer1kMicroUsd + outputTokens * prices.outputPer1kMicroUsd) / 1000,
  ),
});

const conclude = (exchange: Exchange, verdict: Reservation | Refusal): Refusal | undefined => {
  if (!isRefusal(verdict)) {
    exchange.reservation = verdict;
    return undefined;
  }
  if (!exchange.isShadow) return verdict;
  exchange.shadowed ??= verdict;
  return undefined;
};

export const reserve = (exchange: Exchange): StepResult => {
  const endpoint = filled(exchange.endpoint, 'endpoint');
  const facts = filled(exchange.facts, 'facts');
  const { principal, tenant } = filled(exchange.identity, 'identity');
  const { deps, teams } = exchange.gateway;
  const verdict = deps.budgets.reserve({
    tenant,
    principal: principal.id,
    teams: teams.of(principal),
    endpoint: filled(exchange.resource, 'resource').id,
    amounts: amountsOf(endpoint, facts.inputTokens, facts.outputPerChoice * facts.choices),
  });
  return verdict instanceof Promise
    ? verdict.then((settled) => conclude(exchange, settled))
    : conclude(exchange, verdict);
};
