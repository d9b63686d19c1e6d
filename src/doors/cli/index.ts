/** The command line: runs one command line from arguments to exit code. */
export type { Composition, RunningServer } from './command.ts';
export { cliErrors } from './errors.ts';
export { renderCliReference } from './reference.ts';
export { runCli } from './run-cli.ts';
export type { CliWorld } from './run-cli.ts';
