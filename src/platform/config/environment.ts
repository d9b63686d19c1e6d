/**
 * The only reader of the process environment. Configuration keys come as SALLYPORT_SECTION_KEY;
 * an unknown SALLYPORT_ name is refused, except those that Kubernetes injects for a service of
 * that name and those that belong to the command line and the tests.
 */
import { Secret } from '../../kernel/secret.ts';
import type { ConfigField } from './fields.ts';
import type { ConfigProblem, RawValue, SourceReading } from './raw-value.ts';
import { suggest } from './suggest.ts';
import { fromText } from './text-value.ts';

/** Environment variables by name; a snapshot, taken once at the door. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Snapshot of the process environment. */
export const readEnvironment = (): Environment => ({ ...process.env });

const prefix = 'SALLYPORT_';
const ownNames = ['SALLYPORT_CONFIG', 'SALLYPORT_TOKEN', 'SALLYPORT_URL'];
const foreignPrefixes = [
  'SALLYPORT_TEST_',
  'SALLYPORT_LAUNCHER_FD',
  'SALLYPORT_REPOSITORY',
  'SALLYPORT_VECTORS',
  'SALLYPORT_BENCH_',
];

/** What the command line takes from the environment beside configuration keys. */
export type ToolEnvironment = {
  readonly configFile?: string;
  /** API token for administration verbs. */
  readonly token?: Secret;
  /** Server to administer. */
  readonly serverUrl?: string;
  readonly home: string;
  readonly configHome: string;
  /** False when NO_COLOR is set or the terminal is dumb. */
  readonly mayColor: boolean;
};

/** Reads the command line's own variables. Empty values count as absent. */
export const toolEnvironment = (env: Environment): ToolEnvironment => {
  const { SALLYPORT_CONFIG: configFile, SALLYPORT_TOKEN: token, SALLYPORT_URL: serverUrl } = env;
  const home = env['HOME'] || '.';
  return {
    ...(configFile ? { configFile } : {}),
    ...(token ? { token: new Secret(token) } : {}),
    ...(serverUrl ? { serverUrl } : {}),
    home,
    configHome: env['XDG_CONFIG_HOME'] || `${home}/.config`,
    mayColor: !env['NO_COLOR'] && env['TERM'] !== 'dumb',
  };
};

/** Values that the environment gives to configuration keys. */
export const readEnvironmentValues = (
  env: Environment,
  fields: readonly ConfigField[],
): SourceReading => {
  const values = new Map<string, RawValue>();
  const problems: ConfigProblem[] = [];
  const warnings: string[] = [];
  for (const [name, text] of Object.entries(env)) {
    if (text === undefined || !name.startsWith(prefix) || isForeign(name)) continue;
    if (isServiceLink(name, text)) {
      warnings.push(`${name} looks injected by Kubernetes and is not used as configuration`);
      continue;
    }
    const field = fields.find((candidate) => candidate.environmentName === name);
    if (field === undefined) problems.push(unknownName(name, fields));
    else
      values.set(field.key, {
        source: 'environment',
        place: name,
        value: fromText(text, field.kind),
      });
  }
  return { values, problems, warnings };
};

const isForeign = (name: string): boolean =>
  ownNames.includes(name) || foreignPrefixes.some((foreign) => name.startsWith(foreign));

/** `X_SERVICE_HOST`, `X_SERVICE_PORT…`, `X_PORT…` = `tcp://…` of Kubernetes service links. */
const isServiceLink = (name: string, text: string): boolean =>
  name.endsWith('_SERVICE_HOST') ||
  name.includes('_SERVICE_PORT') ||
  /_PORT_\d+_(TCP|UDP)/.test(name) ||
  (name.endsWith('_PORT') && (text.startsWith('tcp://') || text.startsWith('udp://')));

const unknownName = (name: string, fields: readonly ConfigField[]): ConfigProblem => {
  const near = suggest(name, [...fields.map((field) => field.environmentName), ...ownNames]);
  return {
    key: name,
    place: 'environment',
    message: near === undefined ? 'unknown variable' : `unknown variable; did you mean ${near}?`,
  };
};
