/** A solver that says what it is told to, for tests of other rooms. */
import type { Solver, SolverReply } from './types.ts';

export type FakeSolver = Solver & {
  /** Every script it was given. */
  readonly scripts: readonly string[];
};

/** Answers with `reply`, or with what it returns for the script; `unknown` unless told otherwise. */
export const createFakeSolver = (
  reply: SolverReply | ((script: string) => SolverReply) = { output: 'unknown' },
): FakeSolver => {
  const scripts: string[] = [];
  let isClosed = false;
  return {
    scripts,
    solve: async (script) => {
      if (isClosed) return { failure: 'the solver was closed' };
      scripts.push(script);
      return typeof reply === 'function' ? reply(script) : reply;
    },
    close: async () => {
      isClosed = true;
    },
  };
};
