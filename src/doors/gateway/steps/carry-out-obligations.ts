/**
 * Step 9: what the permitting policies ask for. One table; a name that is not in it, or an argument
 * that cannot be read, refuses the request: an obligation that cannot be carried out is a denial.
 */
import { type Refusal, refuse } from '../../../kernel/errors.ts';
import type { Obligation } from '../../../domains/access/index.ts';
import { gatewayErrors } from '../errors.ts';
import { type Exchange, filled } from '../exchange.ts';
import type { StepResult } from '../types.ts';

type Duty = (exchange: Exchange, argument: string | undefined) => Refusal | undefined;

const unknown = (obligation: string): Refusal =>
  refuse(gatewayErrors.E_OBLIGATION_UNKNOWN, `obligation ${obligation} cannot be carried out`);

const countOf = (argument: string | undefined, maximum: number): number | undefined => {
  if (argument === undefined || !/^[0-9]{1,9}$/.test(argument)) return undefined;
  const count = Number(argument);
  return count <= maximum ? count : undefined;
};

const audit: Duty = (exchange, argument) => {
  if (argument !== 'strict') return unknown(`audit:${argument ?? ''}`);
  exchange.duties.isStrictAudit = true;
  return undefined;
};

const roundScores: Duty = (exchange, argument) => {
  const decimals = countOf(argument, 15);
  if (decimals === undefined) return unknown(`round_scores:${argument ?? ''}`);
  const { duties } = exchange;
  // The scores of a language model are its log probabilities: too fine to round, so they are dropped.
  if (exchange.endpoint?.protocol === 'openai') duties.dropsLogprobs = true;
  duties.scoreDecimals =
    duties.scoreDecimals < 0 ? decimals : Math.min(duties.scoreDecimals, decimals);
  return undefined;
};

const maxTokens: Duty = (exchange, argument) => {
  const limit = countOf(argument, 999_999_999);
  if (limit === undefined || limit === 0) return unknown(`max_tokens:${argument ?? ''}`);
  exchange.duties.maxOutputTokens = Math.min(exchange.duties.maxOutputTokens, limit);
  return undefined;
};

const dropLogprobs: Duty = (exchange) => {
  exchange.duties.dropsLogprobs = true;
  return undefined;
};

/** No method of this release carries an assurance level, so a step-up is always still to be done. */
const stepUp: Duty = (_exchange, argument) =>
  refuse(gatewayErrors.E_STEP_UP_REQUIRED, `the policy asks for ${argument ?? 'more'}`, {
    acrValues: argument ?? '',
  });

const duties: ReadonlyMap<string, Duty> = new Map([
  ['audit', audit],
  ['round_scores', roundScores],
  ['max_tokens', maxTokens],
  ['drop_logprobs', dropLogprobs],
  ['step_up', stepUp],
]);

/** Names the gateway can carry out, for policy validation and documentation. */
export const knownObligations: readonly string[] = [...duties.keys()];

const carryOut = (exchange: Exchange, { name, argument }: Obligation): Refusal | undefined => {
  const duty = duties.get(name);
  return duty === undefined ? unknown(name) : duty(exchange, argument);
};

/** Watching means changing nothing: in shadow mode only the audit level is kept. */
const forget = (exchange: Exchange): void => {
  exchange.duties.scoreDecimals = -1;
  exchange.duties.dropsLogprobs = false;
  exchange.duties.maxOutputTokens = Number.POSITIVE_INFINITY;
};

export const carryOutObligations = (exchange: Exchange): StepResult => {
  exchange.duties.isStrictAudit = exchange.endpoint?.audit === 'strict';
  for (const obligation of filled(exchange.decision, 'decision').obligations) {
    const refusal = carryOut(exchange, obligation);
    if (refusal === undefined) continue;
    if (!exchange.isShadow) return refusal;
    exchange.shadowed ??= refusal;
  }
  if (exchange.isShadow) forget(exchange);
  return undefined;
};
