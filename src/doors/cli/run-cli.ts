/** Runs one command line from arguments to exit code. Never throws, never exits the process. */
import { type Command, CommanderError } from 'commander';
import { exitCodes, type ExitName } from '../../kernel/errors.ts';
import type { Environment } from '../../platform/config/index.ts';
import { listCommands } from './catalogue/index.ts';
import type { CommandSpec, Composition } from './command.ts';
import { createOptions, usage } from './options.ts';
import { buildProgram } from './program.ts';
import { reportError } from './report-error.ts';
import { createTerminal, type Output, type Terminal } from './terminal.ts';

export type CliWorld = {
  /** Without node and script. */
  readonly args: readonly string[];
  readonly env: Environment;
  readonly stdout: Output;
  readonly stderr: Output;
  readonly stdin: AsyncIterable<Uint8Array>;
  readonly version: string;
  readonly compose: () => Promise<Composition>;
  readonly stopped: () => Promise<void>;
};

/** Runs a command line; resolves with the exit code of the process. */
export const runCli = async (world: CliWorld): Promise<number> => {
  let exit: ExitName | number = 'ok';
  const program = buildProgram(listCommands(), {
    version: world.version,
    act: async (spec, parsed) => {
      exit = await perform(world, spec, parsed);
    },
  });
  forEachCommand(program, (command) =>
    command.configureOutput({
      writeOut: (text) => void world.stdout.write(text),
      writeErr: (text) => void world.stderr.write(text),
      // Parsing failures are reported below in the form of all other errors.
      outputError: () => undefined,
    }),
  );
  try {
    await program.parseAsync([...world.args], { from: 'user' });
    return typeof exit === 'number' ? exit : exitCodes[exit];
  } catch (failure) {
    return settle(failure, world);
  }
};

type Parsed = {
  readonly arguments: readonly string[];
  readonly options: Readonly<Record<string, unknown>>;
};

const perform = async (
  world: CliWorld,
  spec: CommandSpec,
  parsed: Parsed,
): Promise<ExitName | number> => {
  const options = createOptions(parsed.options);
  const terminal = terminalFor(world);
  const { run } = await spec.load();
  const exit = await run({
    arguments: parsed.arguments,
    options,
    terminal,
    env: world.env,
    stdin: world.stdin,
    compose: world.compose,
    stopped: world.stopped,
  });
  return exit ?? 'ok';
};

/** Options are read from the raw arguments, because errors before parsing must honour them too. */
const terminalFor = ({ args, env, stdout, stderr }: CliWorld): Terminal =>
  createTerminal({
    stdout,
    stderr,
    isJson: args.includes('--json'),
    isQuiet: args.includes('--quiet'),
    mayColor: !args.includes('--no-color') && !env['NO_COLOR'] && env['TERM'] !== 'dumb',
  });

const settle = (failure: unknown, world: CliWorld): number => {
  if (!(failure instanceof CommanderError)) return reportError(failure, terminalFor(world));
  const isAnswered =
    failure.code === 'commander.helpDisplayed' || failure.code === 'commander.version';
  if (isAnswered) return exitCodes.ok;
  // `sallyport ledger` without a verb: commander has printed the help on standard error.
  if (failure.code === 'commander.help')
    return failure.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
  return reportError(usage(messageOf(failure)), terminalFor(world));
};

const messageOf = (failure: CommanderError): string =>
  failure.message.replace(/^error: /, '').replaceAll('\n', ' ');

const forEachCommand = (command: Command, visit: (command: Command) => unknown): void => {
  visit(command);
  for (const child of command.commands) forEachCommand(child, visit);
};
