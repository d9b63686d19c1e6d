/**
 * What a command is: a declaration that is always loaded (names, options, help) and a module that
 * is loaded only when the command runs.
 */
import type { ExitName } from '../../kernel/errors.ts';
import type { Environment, ResolvedConfig } from '../../platform/config/index.ts';
import type { Options } from './options.ts';
import type { Terminal } from './terminal.ts';

export type OptionSpec = {
  /** As commander writes it: `--ttl <duration>`, `--disabled`. */
  readonly flags: string;
  readonly description: string;
  readonly isRequired?: true;
  /** May be given several times. */
  readonly isRepeated?: true;
  readonly choices?: readonly string[];
};

export type ArgumentSpec = {
  /** `<id>` or `[id]`. */
  readonly name: string;
  readonly description: string;
  readonly choices?: readonly string[];
};

/** Options that many commands share: where the configuration is, which server to talk to. */
export type OptionGroup = 'config' | 'remote';

export type CommandSpec = {
  /** `['ledger', 'verify']`. */
  readonly path: readonly string[];
  readonly summary: string;
  readonly arguments?: readonly ArgumentSpec[];
  readonly options?: readonly OptionSpec[];
  readonly groups?: readonly OptionGroup[];
  /** Command lines for the help and the reference. */
  readonly examples?: readonly string[];
  readonly load: () => Promise<CommandModule>;
};

/** A running server; made by the composition root. */
export type RunningServer = {
  readonly url: string;
  /** Trust anchors in PEM for whoever connects to an https URL; local commands find them. */
  readonly trustPem?: string;
  readonly close: () => Promise<void>;
};

/** The composition root, handed in by bin/sallyport.js because doors never import it. */
export type Composition = {
  readonly composeServer: (resolved: ResolvedConfig) => Promise<RunningServer>;
  /** Rebuilds the ledger's derived index; resolves with the number of entries read. */
  readonly reindexLedger: (resolved: ResolvedConfig) => Promise<number>;
};

export type Invocation = {
  readonly arguments: readonly string[];
  readonly options: Options;
  readonly terminal: Terminal;
  readonly env: Environment;
  readonly stdin: AsyncIterable<Uint8Array>;
  readonly compose: () => Promise<Composition>;
  /** Resolves when the process was asked to stop (SIGINT, SIGTERM). */
  readonly stopped: () => Promise<void>;
};

/**
 * Absent result means `ok`; a number is the exit code of a program that was run in our place.
 * Failures are thrown as `SallyportError`.
 */
export type CommandModule = {
  readonly run: (invocation: Invocation) => Promise<ExitName | number | void>;
};
