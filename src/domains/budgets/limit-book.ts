/** All limits in memory, ready to be found by scope. A book never changes; news make a new one. */
import { everyone, isRate, keyText, measures, windows } from './limit-keys.ts';
import type { Limit, ScopeKind } from './types.ts';

export type ActiveLimit = Limit & {
  readonly tenant: string;
  readonly key: string;
  readonly isRate: boolean;
};

export type LimitBook = {
  readonly revision: number;
  /** The limits of one scope, own ones before those for everyone, in a fixed order. */
  readonly find: (tenant: string, kind: ScopeKind, id: string) => readonly ActiveLimit[];
};

const none: readonly ActiveLimit[] = [];

const rank = ({ measure, window }: Limit): number =>
  measures.indexOf(measure) * windows.length + windows.indexOf(window);

const scopeText = (tenant: string, kind: ScopeKind, id: string): string =>
  `${tenant}\n${kind}\n${id}`;

/** Own limits, and those for everyone that no own limit of the same measure and window replaces. */
const merge = (own: readonly ActiveLimit[], general: readonly ActiveLimit[]): ActiveLimit[] => {
  const ranks = new Set(own.map(rank));
  const rest = general.filter((limit) => !ranks.has(rank(limit)));
  return [...own, ...rest].sort((a, b) => rank(a) - rank(b));
};

export const activeLimit = (tenant: string, limit: Limit): ActiveLimit => ({
  ...limit,
  tenant,
  key: keyText(tenant, limit),
  isRate: isRate(limit),
});

export const createLimitBook = (limits: readonly ActiveLimit[], revision: number): LimitBook => {
  const byScope = new Map<string, ActiveLimit[]>();
  for (const limit of limits) {
    const { kind, id } = limit.scope;
    byScope.getOrInsertComputed(scopeText(limit.tenant, kind, id), () => []).push(limit);
  }
  const merged = new Map<string, readonly ActiveLimit[]>();
  for (const [text, own] of byScope) {
    const [first] = own;
    if (first === undefined) continue;
    const { tenant, scope } = first;
    const general = byScope.get(scopeText(tenant, scope.kind, everyone)) ?? none;
    merged.set(text, merge(own, scope.id === everyone ? none : general));
  }
  return {
    revision,
    find: (tenant, kind, id) =>
      merged.get(scopeText(tenant, kind, id)) ??
      merged.get(scopeText(tenant, kind, everyone)) ??
      none,
  };
};
