/** The commander tree, built from the catalogue of declarations. */
import { Argument, Command, Option } from 'commander';
import { exitCodes } from '../../kernel/errors.ts';
import type { CommandSpec, OptionGroup, OptionSpec } from './command.ts';

/** Called when a command line was understood. */
export type Act = (
  spec: CommandSpec,
  parsed: {
    readonly arguments: readonly string[];
    readonly options: Readonly<Record<string, unknown>>;
  },
) => Promise<void>;

const everywhere: readonly OptionSpec[] = [
  { flags: '--json', description: 'data as JSON on standard output, errors as problem documents' },
  { flags: '--quiet', description: 'no words on standard error except problems' },
  { flags: '--no-color', description: 'no colors (as NO_COLOR)' },
];

const groups: Readonly<Record<OptionGroup, readonly OptionSpec[]>> = {
  config: [
    { flags: '--config <file>', description: 'configuration file (YAML; SALLYPORT_CONFIG)' },
    { flags: '--data-dir <dir>', description: 'data directory (SALLYPORT_DATA_DIR)' },
    {
      flags: '--set <key=value>',
      description: 'any other configuration key, for example --set tenant=acme',
      isRepeated: true,
    },
  ],
  remote: [
    {
      flags: '--server <url>',
      description:
        'server to talk to (SALLYPORT_URL; else that of --data-dir, else port 7700 here)',
    },
    {
      flags: '--data-dir <dir>',
      description: 'take address and credentials from this data directory',
    },
    { flags: '--ca <file>', description: 'PEM certificates to trust for an https server' },
  ],
};

/** By the words of the noun; each has one, a test looks. */
const nounSummaries: Readonly<Record<string, string>> = {
  config: 'The effective configuration',
  ledger: 'The transparency log: verify, prove, follow, rebuild its index',
  policy: 'Policies: decide, explain, check, replay, compare, tighten',
  endpoint: 'Model endpoints behind the gateway',
  token: 'API tokens',
  principal: 'People, services and agents',
  svid: 'SPIFFE credentials',
  agent: 'Identities for the workloads of this node, and proxies for them',
  'join-token': 'One-time tokens with which a workload gets its first SVID',
  limit: 'Limits on requests, tokens and spend, and what was used of them',
  identity: 'Workload identity: who gets which SPIFFE ID, where; revocation, rotation, federation',
  'identity entry': 'Registration entries: which process on which node has which SPIFFE ID',
  'identity group': 'Jobs: one entry, many workers, each with a path of its own',
  'identity agent': 'Agents of nodes: admit, look, evict',
  'identity authority': 'Signing authorities of the trust domain: prepare, activate, taint, revoke',
  'identity bundle': 'The own SPIFFE bundle, and those of federated trust domains',
};

/** Builds the program. `act` runs a command; parsing failures are thrown as `CommanderError`. */
export const buildProgram = (
  catalogue: readonly CommandSpec[],
  { version, act }: { readonly version: string; readonly act: Act },
): Command => {
  const program = new Command('sallyport')
    .description('Zero trust for AI workloads: every caller, model and dataset proves itself.')
    .version(version, '--version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .helpCommand('help [command]', 'print help for a command')
    .exitOverride()
    .addHelpText('after', `\nExit codes: ${exitText()}`);
  for (const spec of catalogue) {
    const words = spec.path.slice(0, -1);
    let parent = program;
    for (const at of words.keys()) parent = nounOf(parent, words.slice(0, at + 1));
    parent.addCommand(commandOf(spec, act));
  }
  return program;
};

const exitText = (): string =>
  Object.entries(exitCodes)
    .map(([name, code]) => `${code} ${name.replaceAll(/([A-Z])/g, ' $1').toLowerCase()}`)
    .join(', ');

const nounOf = (parent: Command, words: readonly string[]): Command => {
  const name = words.at(-1);
  const known = parent.commands.find((command) => command.name() === name);
  if (known !== undefined) return known;
  const noun = new Command(name)
    .description(nounSummaries[words.join(' ')] ?? '')
    .helpOption('-h, --help', 'print help')
    .exitOverride();
  parent.addCommand(noun);
  return noun;
};

const commandOf = (spec: CommandSpec, act: Act): Command => {
  const command = new Command(spec.path.at(-1))
    .description(spec.summary)
    .helpOption('-h, --help', 'print help')
    .allowExcessArguments(false)
    .exitOverride();
  for (const { name, description, choices } of spec.arguments ?? []) {
    const argument = new Argument(name, description);
    command.addArgument(choices === undefined ? argument : argument.choices(choices));
  }
  for (const option of optionsOf(spec)) command.addOption(optionOf(option));
  if (spec.examples !== undefined)
    command.addHelpText(
      'after',
      `\nExamples:\n${spec.examples.map((line) => `  ${line}`).join('\n')}`,
    );
  command.action(() => act(spec, { arguments: command.args, options: command.opts() }));
  return command;
};

/** All options of a command: its own, those of its groups, those of every command. */
export const optionsOf = (spec: CommandSpec): readonly OptionSpec[] => [
  ...(spec.options ?? []),
  ...(spec.groups ?? []).flatMap((group) => groups[group]),
  ...everywhere,
];

const optionOf = (spec: OptionSpec): Option => {
  const option = new Option(spec.flags, spec.description);
  if (spec.isRequired) option.makeOptionMandatory();
  if (spec.choices !== undefined) option.choices(spec.choices);
  if (spec.isRepeated)
    option.argParser((text: string, before: readonly string[] | undefined) => [
      ...(before ?? []),
      text,
    ]);
  return option;
};
