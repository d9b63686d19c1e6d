/** Answers about least privilege for people: tables, shares, requests. */
import type {
  Evidence,
  LeastPrivilegeKpi,
  PolicyDiff,
  Proof,
  Proposal,
  UnusedReport,
} from '../../domains/access/index.ts';
import { formatTable, formatTime } from './table.ts';

type Ref = { readonly type: string; readonly id: string };
const refText = ({ type, id }: Ref): string => `${type}::${id}`;

const percent = (share: number | null): string =>
  share === null ? 'nobody is granted anything' : `${(share * 100).toFixed(1)} %`;

/** One line about the share of principals at least privilege. */
export const describeKpi = (kpi: LeastPrivilegeKpi): string =>
  `at least privilege: ${kpi.atLeastPrivilege} of ${kpi.principals} principals (${percent(kpi.share)}); ` +
  `used: ${kpi.usedGrants} of ${kpi.grants} grants`;

/** One line about what an answer rests on. */
export const describeEvidence = ({ examined, skipped, oldestMs, truncated }: Evidence): string => {
  const since = oldestMs === null ? '' : `, the oldest of ${formatTime(oldestMs)}`;
  const cut = truncated ? '; a bound was reached, so this is not all' : '';
  return `${examined} decisions read, ${skipped} without their facts${since}${cut}`;
};

/** `policy unused` for people. */
export const describeUnused = ({ policies, principals, kpi }: UnusedReport): string =>
  [
    formatTable(
      policies.map(({ policyId, effect, uses, lastUsedMs, kept, file, line }) => ({
        policy: policyId,
        effect,
        uses,
        lastUsed: formatTime(lastUsedMs),
        kept: kept ? 'kept' : '',
        place: `${file}:${line}`,
      })),
    ),
    '',
    formatTable(
      principals.map(({ principal, granted, used, memberships }) => ({
        principal: refText(principal),
        granted,
        used,
        unused: granted - used,
        neverNeeded: memberships.filter(({ needed }) => !needed).map(({ group }) => refText(group)),
      })),
    ),
    '',
    describeKpi(kpi),
  ].join('\n');

type Example = NonNullable<Proof['difference']>;

const describeExample = ({ request, entities, reasons }: Example): string => {
  const { principal, action, resource, context } = request;
  const because = [...new Set(reasons.flat())];
  const facts = [
    ...(Object.keys(context).length === 0 ? [] : [`    context ${JSON.stringify(context)}`]),
    ...entities.map((entity) => `    entity ${JSON.stringify(entity)}`),
    ...(because.length === 0 ? [] : [`    because of ${because.join(', ')}`]),
  ];
  return [`  ${refText(principal)} ${action.id} ${refText(resource)}`, ...facts].join('\n');
};

const doubtsOf = (doubts: Proof['doubts']): readonly string[] => {
  const reasons = doubts.map(({ reason, policyId }) =>
    policyId === undefined ? reason : `${policyId}: ${reason}`,
  );
  return [...new Set(reasons)].map((reason) => `  not shown: ${reason}`);
};

const verdicts: Readonly<Record<Proof['verdict'], string>> = {
  'strictly-smaller': 'proven: allows nothing new, and less. For example, no longer:',
  equivalent: 'proven: allows exactly what is allowed now',
  refuted: 'REFUTED: allows something that is denied now:',
  unknown: 'not proven to be smaller',
};

const describeProof = ({ verdict, difference, counterexample, doubts }: Proof): string =>
  [
    verdicts[verdict],
    ...[counterexample ?? difference].flatMap((example) =>
      example === undefined ? [] : [describeExample(example)],
    ),
    ...doubtsOf(doubts),
  ].join('\n');

/** `policy tighten` for people: the diff, then what was checked. */
export const describeProposal = (proposal: Proposal): string => {
  const { diff, changes, leftAlone, replay, proof } = proposal;
  return [
    diff === '' ? 'nothing to take away\n' : diff,
    ...changes.map(
      ({ policyId, kind, details }) => `${kind} ${policyId}: ${details.join('; ') || '-'}`,
    ),
    ...leftAlone.map((id) => `left alone ${id}: nobody could replace policies without it`),
    `${replay.checked} recorded permissions asked again, ${replay.lost} lost`,
    ...replay.examples
      .slice(0, 10)
      .map(
        ({ request: { principal, action, resource } }) =>
          `  lost: ${refText(principal)} ${action} ${refText(resource)}`,
      ),
    describeProof(proof),
  ].join('\n');
};

const maxShown = 5;

const listed = (title: string, examples: readonly Example[]): readonly string[] =>
  examples.length === 0
    ? []
    : [
        `${title} (${examples.length} kinds of request):`,
        ...examples.slice(0, maxShown).map(describeExample),
      ];

const recordedOf = (recorded: PolicyDiff['recorded']): readonly string[] => {
  if (recorded === undefined) return [];
  const rows = recorded.examples.map(({ timeMs, request, now, after }) => ({
    time: formatTime(timeMs),
    principal: refText(request.principal),
    action: request.action,
    resource: refText(request.resource),
    now,
    after,
  }));
  return [
    `${recorded.changed} recorded decisions change`,
    ...(rows.length === 0 ? [] : [formatTable(rows)]),
  ];
};

/** `policy diff` for people. */
export const describeDiff = (diff: PolicyDiff): string =>
  [
    ...listed('becomes allowed', diff.becomesAllowed),
    ...listed('becomes denied', diff.becomesDenied),
    ...recordedOf(diff.recorded),
    ...doubtsOf(diff.doubts),
    diff.verdict === 'equivalent' ? 'proven: both sets decide alike' : diff.verdict,
  ].join('\n');
