/** Names of limits and accounts as text, and the parser of limits that come from a door. */
import { isRefusal, type Refusal, refuse } from '../../kernel/errors.ts';
import { budgetErrors } from './errors.ts';
import type { Limit, LimitKey, Measure, Scope, ScopeKind, Window } from './types.ts';

export const measures: readonly Measure[] = ['requests', 'tokens', 'microUsd'];
export const windows: readonly Window[] = ['minute', 'hour', 'day', 'month'];
export const scopeKinds: readonly ScopeKind[] = ['principal', 'team', 'endpoint'];

/** Stands for each one without a limit of its own. */
export const everyone = '*';
export const maxAmount = 10 ** 15;
const maxIdLength = 256;

/** The id comes last: it may hold anything, the other parts cannot hold a line break. */
export const keyText = (tenant: string, { scope, measure, window }: LimitKey): string =>
  `${tenant}\n${scope.kind}\n${measure}\n${window}\n${scope.id}`;

/** Requests and tokens per minute; see `Limit`. */
export const isRate = ({ measure, window }: LimitKey): boolean =>
  window === 'minute' && measure !== 'microUsd';

/** For people: `principal alice, tokens per hour`. */
export const describeKey = ({ scope, measure, window }: LimitKey): string =>
  `${scope.kind} ${scope.id}, ${measure} per ${window}`;

const malformed = (what: string): Refusal => refuse(budgetErrors.E_LIMIT_MALFORMED, what);

const oneOf = <T extends string>(known: readonly T[], text: unknown): T | undefined =>
  known.find((value) => value === text);

const parseScope = (scope: unknown): Scope | Refusal => {
  const { kind, id } = (scope ?? {}) as { kind?: unknown; id?: unknown };
  const known = oneOf(scopeKinds, kind);
  if (known === undefined) return malformed(`scope kind must be one of ${scopeKinds.join(', ')}`);
  if (typeof id !== 'string' || id.length === 0 || id.length > maxIdLength || !isPlain(id))
    return malformed('scope id must have 1 to 256 characters and no control characters');
  return { kind: known, id };
};

const isPlain = (text: string): boolean => {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) < 0x20) return false;
  return text.isWellFormed();
};

/** Checks the name of a limit. */
export const parseLimitKey = (key: LimitKey): LimitKey | Refusal => {
  const scope = parseScope(key.scope);
  if (isRefusal(scope)) return scope;
  const measure = oneOf(measures, key.measure);
  if (measure === undefined) return malformed(`measure must be one of ${measures.join(', ')}`);
  const window = oneOf(windows, key.window);
  if (window === undefined) return malformed(`window must be one of ${windows.join(', ')}`);
  return { scope, measure, window };
};

/** Checks a limit. */
export const parseLimit = (limit: Limit): Limit | Refusal => {
  const key = parseLimitKey(limit);
  if (isRefusal(key)) return key;
  const { amount } = limit;
  if (!Number.isSafeInteger(amount) || amount < 0 || amount > maxAmount)
    return malformed('amount must be a whole number from 0 to 10^15');
  return { ...key, amount };
};
