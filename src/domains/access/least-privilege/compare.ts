/** `policy diff`: two sets explained by requests, made up by a solver and taken from the record. */
import type { Entity } from '../../../engines/authorization/index.ts';
import {
  type AnalysedSet,
  createAnalysis,
  type Doubt,
  type Example,
  type Solve,
  type Sweep,
} from '../../../engines/policy-analysis/index.ts';
import { isRefusal, type Refusal } from '../../../kernel/errors.ts';
import { schemaOf } from './grants.ts';
import { createJudge } from './judge.ts';
import { toPlain } from './plain.ts';
import { readPolicyTexts } from './policy-texts.ts';
import type { DecisionSource, PolicyDiff, PolicyFiles, RecordedChange } from './types.ts';

const maxRecordedShown = 100;
const defaultLimit = 1_000_000;

export type CompareOptions = {
  readonly before: PolicyFiles;
  readonly after: PolicyFiles;
  readonly solve: Solve;
  /** Absent: only made-up requests. */
  readonly record?: {
    readonly entities: readonly Entity[];
    readonly decisions: DecisionSource;
    /** Decisions read at most; default 1,000,000. */
    readonly limit?: number;
    readonly onProgress?: (examined: number) => void;
  };
};

const examplesOf = async (
  sweep: Sweep,
  sets: readonly [AnalysedSet, AnalysedSet],
  doubts: Doubt[],
): Promise<readonly Example[]> => {
  const examples: Example[] = [];
  for await (const finding of sweep(...sets)) {
    if (finding.outcome === 'found') examples.push(finding.example);
    if (finding.outcome === 'unknown') doubts.push(...finding.doubts);
  }
  return examples;
};

type Recorded = NonNullable<PolicyDiff['recorded']>;

const compareRecord = async (
  { before, after }: CompareOptions,
  { entities, decisions, limit = defaultLimit, onProgress }: NonNullable<CompareOptions['record']>,
): Promise<Recorded | Refusal> => {
  const first = createJudge(before, entities);
  if (isRefusal(first)) return first;
  const second = createJudge(after, entities);
  if (isRefusal(second)) {
    first.dispose();
    return second;
  }
  const examples: RecordedChange[] = [];
  const evidence = { examined: 0, skipped: 0, oldestMs: null as number | null, truncated: false };
  let changed = 0;
  try {
    for await (const recorded of decisions()) {
      if (evidence.examined >= limit) {
        evidence.truncated = true;
        break;
      }
      if (++evidence.examined % 10_000 === 0) onProgress?.(evidence.examined);
      if (recorded === undefined) {
        evidence.skipped++;
        continue;
      }
      evidence.oldestMs = Math.min(evidence.oldestMs ?? recorded.timeMs, recorded.timeMs);
      const now = first.decide(recorded.request).decision;
      const later = second.decide(recorded.request).decision;
      if (now === later) continue;
      changed++;
      if (examples.length < maxRecordedShown) examples.push({ ...recorded, now, after: later });
    }
  } finally {
    first.dispose();
    second.dispose();
  }
  return { evidence, changed, examples };
};

/** Compares. Refused when one of the sets cannot be used; the schema is that of the second. */
export const compare = async (options: CompareOptions): Promise<PolicyDiff | Refusal> => {
  const { before, after, solve, record } = options;
  const schema = schemaOf(after.schema);
  if (isRefusal(schema)) return schema;
  const [first, second] = [readPolicyTexts(before.files), readPolicyTexts(after.files)];
  if (isRefusal(first)) return first;
  if (isRefusal(second)) return second;
  const recorded = record === undefined ? undefined : await compareRecord(options, record);
  if (isRefusal(recorded)) return recorded;
  const { allowedOnlyByFirst } = createAnalysis({ schema, solve, erringForbids: 'deny' });
  const doubts: Doubt[] = [];
  const becomesDenied = await examplesOf(allowedOnlyByFirst, [first, second], doubts);
  const becomesAllowed = await examplesOf(allowedOnlyByFirst, [second, first], doubts);
  const isDifferent = becomesAllowed.length + becomesDenied.length + (recorded?.changed ?? 0) > 0;
  const verdict = isDifferent ? 'different' : doubts.length > 0 ? 'unknown' : 'equivalent';
  const answer = { verdict, becomesAllowed, becomesDenied, doubts } as const;
  return toPlain(recorded === undefined ? answer : { ...answer, recorded });
};
