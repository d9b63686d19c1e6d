/**
 * Loads the configuration: flag before environment before file before default. Every value is
 * checked against its key and remembers where it came from; all problems are reported at once.
 */
import { SallyportError } from '../../kernel/errors.ts';
import { readFileBounded } from '../files/index.ts';
import { checkAttestation } from './attestation.ts';
import { type Environment, readEnvironmentValues } from './environment.ts';
import { configErrors } from './errors.ts';
import { type ConfigField, listConfigFields } from './fields.ts';
import type { ConfigProblem, ConfigSource, RawValue, SourceReading } from './raw-value.ts';
import type { Config } from './schema.ts';
import { fromText } from './text-value.ts';
import { unknownKey } from './unknown-key.ts';

/** One effective value and its origin. */
export type ConfigValue = {
  readonly key: string;
  readonly value: unknown;
  readonly source: ConfigSource;
  /** `sallyport.yaml:3:9`, `SALLYPORT_SERVER_PORT`, `--port`; empty for defaults. */
  readonly place: string;
};

export type ResolvedConfig = {
  readonly config: Config;
  readonly values: readonly ConfigValue[];
  /** Things that work but deserve a look; for the operator's eyes at start. */
  readonly warnings: readonly string[];
};

export type ConfigInput = {
  /** Text by dotted key, from flags: `{'server.port': '7700'}`. */
  readonly args?: Readonly<Record<string, string>>;
  readonly env?: Environment;
  /** Path of the YAML file. */
  readonly file?: string;
};

const maxFileBytes = 256 * 1024;
const maxShownProblems = 20;

/**
 * Loads the configuration from its four sources.
 *
 * @throws SallyportError E_CONFIG_INVALID listing every problem with its place; E_CONFIG_FILE or
 *   E_FILE_… when the file cannot be read
 */
export const loadConfig = async (input: ConfigInput = {}): Promise<ResolvedConfig> => {
  if (input.file === undefined) return resolveConfig(input);
  const bytes = await readFileBounded(input.file, maxFileBytes);
  // The YAML reader is heavy for commands that have no configuration file.
  const { readConfigText } = await import('./read-file.ts');
  const text = new TextDecoder().decode(bytes);
  return resolveConfig(input, readConfigText({ path: input.file, text }, listConfigFields()));
};

/** As `loadConfig`, with the file already read (`readConfigText`), or none. Pure. */
export const resolveConfig = (input: ConfigInput, file?: SourceReading): ResolvedConfig => {
  const fields = listConfigFields();
  const readings = [
    readFlags(input.args ?? {}, fields),
    readEnvironmentValues(input.env ?? {}, fields),
    ...(file === undefined ? [] : [file]),
  ];
  const problems = readings.flatMap((reading) => reading.problems);
  const values = fields.map((field) => settle(field, readings, problems));
  const config = assemble(fields, values);
  if (problems.length === 0) problems.push(...crossCheck(config));
  if (problems.length > 0) throw invalid(problems);
  const warnings = [...readings.flatMap((reading) => reading.warnings), ...cautions(config)];
  return { config, values, warnings };
};

const readFlags = (
  args: Readonly<Record<string, string>>,
  fields: readonly ConfigField[],
): SourceReading => {
  const values = new Map<string, RawValue>();
  const problems: ConfigProblem[] = [];
  for (const [key, text] of Object.entries(args)) {
    const field = fields.find((candidate) => candidate.key === key);
    const place = field?.meta.flag ?? `--set ${key}`;
    if (field === undefined) problems.push({ key, place, message: unknownKey(key, fields) });
    else if (field.meta.isSecret || (field.meta.isUrl && passwordOf(text) !== ''))
      problems.push({ key, place, message: 'a secret must not be given as a flag' });
    else values.set(key, { source: 'flag', place, value: fromText(text, field.kind) });
  }
  return { values, problems, warnings: [] };
};

const settle = (
  field: ConfigField,
  readings: readonly SourceReading[],
  problems: ConfigProblem[],
): ConfigValue => {
  const raw = readings.map((reading) => reading.values.get(field.key)).find(Boolean);
  const parsed = field.schema.safeParse(raw?.value);
  if (!parsed.success) {
    const message = parsed.error.issues
      .slice(0, maxShownProblems)
      .map((issue) => [issue.path.join('.'), issue.message].filter(Boolean).join(': '))
      .join('; ');
    problems.push({ key: field.key, place: raw?.place ?? '', message });
  }
  return {
    key: field.key,
    value: parsed.data,
    source: raw?.source ?? 'default',
    place: raw?.place ?? '',
  };
};

const assemble = (fields: readonly ConfigField[], values: readonly ConfigValue[]): Config => {
  const root: Record<string, unknown> = {};
  for (const [i, { path }] of fields.entries()) {
    const value = values[i]?.value;
    let group = root;
    for (const name of path.slice(0, -1)) group = (group[name] ??= {}) as Record<string, unknown>;
    if (value !== undefined) group[path.at(-1) as string] = value;
  }
  // Every leaf was parsed by its own schema above; the groups are the schema's own.
  return root as Config;
};

const crossCheck = (config: Config): readonly ConfigProblem[] => {
  const problems: ConfigProblem[] = [];
  const { certFile, keyFile } = config.server.tls;
  if ((certFile === undefined) !== (keyFile === undefined))
    problems.push({
      key: 'server.tls',
      place: '',
      message: 'certFile and keyFile belong together; give both or none',
    });
  if (config.keys.passphrase !== undefined && config.keys.passphraseFile !== undefined)
    problems.push({
      key: 'keys',
      place: '',
      message: 'give passphrase or passphraseFile, not both',
    });
  problems.push(...checkAttestation(config.attestation));
  return problems;
};

const cautions = (config: Config): readonly string[] => {
  const { host, tls } = config.server;
  const isLocal = host === 'localhost' || host === '::1' || host.startsWith('127.');
  if (isLocal || tls.mode !== 'off') return [];
  return [
    `server.host ${host} is reachable from outside while server.tls.mode is off: tokens would cross the network in the clear`,
  ];
};

/** The password inside a URL, empty when there is none or the text is no URL. */
export const passwordOf = (text: string): string => {
  if (!URL.canParse(text)) return text.includes('@') ? text : '';
  return new URL(text).password;
};

const invalid = (problems: readonly ConfigProblem[]): SallyportError => {
  const lines = problems
    .slice(0, maxShownProblems)
    .map(({ key, place, message }) => `${place === '' ? key : `${key} (${place})`}: ${message}`);
  return new SallyportError(configErrors.E_CONFIG_INVALID, lines.join('\n'), {
    data: { problems: problems.slice(0, maxShownProblems) },
  });
};
