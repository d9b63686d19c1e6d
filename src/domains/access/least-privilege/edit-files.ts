/** Policies dropped from and replaced in their files; everything else stays as it was written. */
import type { PolicySource } from '../../../engines/authorization/index.ts';
import { formatPolicy, type PolicyNode } from '../../../engines/cedar/index.ts';
import type { PlacedPolicy } from './policy-texts.ts';

export type Edit = {
  readonly policy: PlacedPolicy;
  /** Undefined drops the policy, with the comment directly above it. */
  readonly replacement: PolicyNode | undefined;
};

/** Where the comment lines begin that stand directly above an offset. */
const commentStart = (text: string, offset: number): number => {
  let start = offset;
  while (start > 0) {
    const before = text.lastIndexOf('\n', start - 2) + 1;
    if (!text.slice(before, start).trimStart().startsWith('//')) return start;
    start = before;
  }
  return start;
};

/** Behind the line end and one empty line, unless something else stands on the line. */
const lineEnd = (text: string, offset: number): number => {
  const rest = /^[ \t]*\r?\n(?:[ \t]*\r?\n)?/.exec(text.slice(offset, offset + 1024));
  return offset + (rest?.[0].length ?? 0);
};

const apply = (text: string, { policy, replacement }: Edit): string => {
  const { start, end } = policy;
  if (replacement !== undefined)
    return text.slice(0, start) + formatPolicy(replacement) + text.slice(end);
  const lineStart = text.lastIndexOf('\n', start - 1) + 1;
  const isAlone = text.slice(lineStart, start).trim() === '';
  const from = isAlone ? commentStart(text, lineStart) : start;
  return text.slice(0, from) + text.slice(lineEnd(text, end));
};

/** Applies all edits; the last of a file first, so that offsets stay right. */
export const editFiles = (
  files: readonly PolicySource[],
  edits: readonly Edit[],
): readonly PolicySource[] =>
  files.map(({ file, text }) => {
    const own = edits.filter(({ policy }) => policy.file === file);
    const ordered = own.toSorted((left, right) => right.policy.start - left.policy.start);
    const edited = ordered.reduce(apply, text);
    return { file, text: own.length === 0 ? text : edited.replace(/\n{2,}$/, '\n') };
  });
