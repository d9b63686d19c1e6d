/** What a solver is to the rest of the house. */

/** What was printed, or why there is nothing. */
export type SolverReply = { readonly output: string } | { readonly failure: string };

export type Solver = {
  /**
   * Runs one SMT-LIB 2 script from an empty state and hands back what it printed. Scripts wait for
   * each other. Never throws: time, memory, a crash and a closed solver are failures.
   */
  readonly solve: (script: string) => Promise<SolverReply>;
  /** Ends the thread, also in the middle of a script; later scripts fail. */
  readonly close: () => Promise<void>;
};

export type SolverOptions = {
  /** Milliseconds for one script, loading not included; default 10,000. */
  readonly timeoutMs?: number;
  /** Megabytes the solver may allocate; default 512. */
  readonly memoryMb?: number;
};

/** To the thread, and back. */
export type ThreadStart = { readonly memoryMb: number };
export type ThreadRequest = { readonly script: string };
export type ThreadReply = { readonly kind: 'ready' } | ({ readonly kind: 'reply' } & SolverReply);
