/** The solver: SMT-LIB 2 in, what Z3 printed out, within limits. */
export { createFakeSolver, type FakeSolver } from './fake.ts';
export { openSolver } from './open-solver.ts';
export type { Solver, SolverOptions, SolverReply } from './types.ts';
