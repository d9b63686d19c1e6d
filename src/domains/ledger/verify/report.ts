/** Collects what is wrong, up to a bound. */

/** One thing that is wrong; `index` is the entry it concerns, when one can be named. */
export type LedgerProblem = { readonly index?: number; readonly what: string };

export type Report = {
  readonly problems: readonly LedgerProblem[];
  readonly add: (what: string, index?: number) => void;
  /** True when the bound is reached and looking further is of no use. */
  readonly isFull: () => boolean;
};

export const createReport = (maxProblems: number): Report => {
  const problems: LedgerProblem[] = [];
  return {
    problems,
    add: (what, index) => {
      if (problems.length < maxProblems)
        problems.push(index === undefined ? { what } : { index, what });
    },
    isFull: () => problems.length >= maxProblems,
  };
};

/** Runs a read; an I/O failure becomes a problem and `undefined`. */
export const attempt = <T>(report: Report, path: string, read: () => T): T | undefined => {
  try {
    return read();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    report.add(`cannot read ${path}: ${reason}`);
    return undefined;
  }
};
