/** How a failure looks on the command line: what, why, next command, code. */
import { exitCodes, type ExitName, SallyportError } from '../../kernel/errors.ts';
import { toProblem } from '../../kernel/problem.ts';
import type { Terminal } from './terminal.ts';

/** Reports a failure on standard error and returns the exit code. With --json: a problem document. */
export const reportError = (failure: unknown, terminal: Terminal): number => {
  const problem = toProblem(failure);
  const known = failure instanceof SallyportError;
  if (terminal.isJson) {
    terminal.complain(JSON.stringify({ ...problem, ...unexpectedDetail(failure) }));
    return exitOf(failure);
  }
  const detail = known ? failure.message : detailOf(failure);
  terminal.complain(`${terminal.style('red', 'error:')} ${problem.title}`);
  terminal.complain(`  ${detail.replaceAll('\n', '\n  ')}`);
  terminal.complain(`  next: ${problem.hint}`);
  terminal.complain(`  code: ${problem.code} (sallyport explain ${problem.code})`);
  return exitOf(failure);
};

const exitOf = (failure: unknown): number => {
  const name: ExitName = failure instanceof SallyportError ? failure.kind.exit : 'unexpected';
  return exitCodes[name];
};

/** On the caller's own machine the inside of an unexpected failure is theirs to see. */
const detailOf = (failure: unknown): string =>
  failure instanceof Error ? (failure.stack ?? failure.message) : String(failure);

const unexpectedDetail = (failure: unknown): { readonly detail?: string } =>
  failure instanceof SallyportError ? {} : { detail: detailOf(failure) };
