/** Least privilege over a running access: its policies, its entities, its ledger. */
import type { PolicySource } from '../../../engines/authorization/index.ts';
import type { Solve } from '../../../engines/policy-analysis/index.ts';
import type { Clock } from '../../../kernel/effects.ts';
import { isRefusal, type Refusal, refuse } from '../../../kernel/errors.ts';
import type { Metrics } from '../../../platform/metrics/index.ts';
import { accessErrors } from '../errors.ts';
import type { RecordedLedger } from '../recorded-decisions.ts';
import type { Access } from '../types.ts';
import { compare } from './compare.ts';
import { decisionsOfLedger } from './decision-sources.ts';
import { tighten } from './tighten.ts';
import type {
  LeastPrivilegeKpi,
  PolicyDiff,
  Proposal,
  Situation,
  TightenOptions,
  UnusedReport,
} from './types.ts';
import { findUnused } from './unused.ts';

export type LeastPrivilegeWindow = {
  /** Epoch milliseconds; decisions recorded from here on count. */
  readonly fromMs: number;
  /** Decisions read at most; default 1,000,000. */
  readonly limit?: number;
};

export type LeastPrivilege = {
  readonly unused: (
    window: LeastPrivilegeWindow & { readonly keep?: readonly string[] },
  ) => Promise<UnusedReport | Refusal>;
  /** Proposes and shows; never puts anything in force. */
  readonly tighten: (options: LeastPrivilegeWindow & TightenOptions) => Promise<Proposal | Refusal>;
  /** The set in force against a candidate. */
  readonly diff: (
    options: LeastPrivilegeWindow & { readonly files: readonly PolicySource[] },
  ) => Promise<PolicyDiff | Refusal>;
};

export type LeastPrivilegeDependencies = {
  readonly access: Pick<Access, 'policies' | 'listEntities'>;
  /** Absent: nothing is recorded, everything is refused. */
  readonly ledger?: RecordedLedger;
  readonly solve: Solve;
  readonly clock: Clock;
  readonly metrics?: Metrics;
};

const pageSize = 10_000;

const allEntities = (access: LeastPrivilegeDependencies['access']): Situation['entities'] => {
  const entities: Situation['entities'][number][] = [];
  for (;;) {
    const last = entities.at(-1);
    const page = access.listEntities({ limit: pageSize, ...(last && { after: last.uid }) });
    entities.push(...page);
    if (page.length < pageSize) return entities;
  }
};

/** Gauges that keep the last answer; nothing is shown before the first. */
const createGauges = (metrics: Metrics | undefined) => {
  const share = metrics?.gauge(
    'sallyport_access_least_privilege_share',
    'Share of principals that used all they are granted, at the last look.',
  );
  const grants = metrics?.gauge(
    'sallyport_access_grants',
    'Grants of all principals, at the last look.',
    ['used'],
  );
  return (kpi: LeastPrivilegeKpi): void => {
    if (kpi.share !== null) share?.set(kpi.share);
    grants?.with({ used: 'yes' }).set(kpi.usedGrants);
    grants?.with({ used: 'no' }).set(kpi.grants - kpi.usedGrants);
  };
};

/** One at a time: each of these reads the whole record. */
export const createLeastPrivilege = (dependencies: LeastPrivilegeDependencies): LeastPrivilege => {
  const { access, ledger, solve, clock, metrics } = dependencies;
  const show = createGauges(metrics);
  let tail: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: (situation: Situation) => Promise<T | Refusal>, fromMs: number) => {
    const result = tail.then(async (): Promise<T | Refusal> => {
      if (ledger === undefined)
        return refuse(accessErrors.E_REPLAY_UNAVAILABLE, 'there is no ledger');
      const { files, schema } = access.policies.list();
      const decisions = decisionsOfLedger(ledger, fromMs);
      const nowMs = clock.nowMs();
      return work({ files, schema, entities: allEntities(access), decisions, nowMs });
    });
    tail = result.catch(() => undefined);
    return result;
  };
  return {
    unused: ({ fromMs, ...options }) =>
      inTurn(async (situation) => {
        const report = await findUnused(situation, options);
        if (!isRefusal(report)) show(report.kpi);
        return report;
      }, fromMs),
    tighten: ({ fromMs, ...options }) =>
      inTurn((situation) => tighten(situation, solve, options), fromMs),
    diff: ({ fromMs, files, ...record }) =>
      inTurn(({ schema, entities, decisions, files: before }) => {
        const current = { files: before, schema };
        const after = { files, schema };
        return compare({
          before: current,
          after,
          solve,
          record: { entities, decisions, ...record },
        });
      }, fromMs),
  };
};
