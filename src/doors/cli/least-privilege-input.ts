/** Inputs of `policy unused`, `tighten` and `diff` when they work on files instead of a server. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type DecisionSource,
  decisionsOfLines,
  type PolicyFiles,
  readPolicyFolder,
  type Situation,
} from '../../domains/access/index.ts';
import { readLogEntries } from '../../domains/ledger/index.ts';
import { type Entity, parseExactJson, readEntities } from '../../engines/authorization/index.ts';
import { systemClock } from '../../kernel/effects.ts';
import { orThrow, SallyportError } from '../../kernel/errors.ts';
import type { Invocation } from './command.ts';
import { cliErrors } from './errors.ts';
import { usage } from './options.ts';
import { readPolicies, readSchema } from './policy-input.ts';
import { readText } from './read-input.ts';

const defaultSinceSeconds = 90 * 86_400;
const maxLineLength = 1024 * 1024;

/** How far back decisions count, in seconds. */
export const sinceSeconds = ({ options }: Pick<Invocation, 'options'>): number =>
  options.seconds('since') ?? defaultSinceSeconds;

/** Files are named, so no server is asked. */
export const isOffline = ({ options }: Pick<Invocation, 'options'>): boolean =>
  options.text('decisions') !== undefined;

const tooLong = (file: string): SallyportError =>
  new SallyportError(
    cliErrors.E_INPUT_FILE,
    `${file} has a line of more than ${maxLineLength} characters`,
  );

/** Lines of a file, however long the file is. */
const linesOf = async function* (file: string): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8');
  let rest = '';
  for await (const chunk of createReadStream(file) as AsyncIterable<Uint8Array>) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > maxLineLength) throw tooLong(file);
    yield* lines;
  }
  yield rest + decoder.decode();
};

const isDirectory = async (path: string): Promise<boolean> => {
  try {
    return (await stat(path)).isDirectory();
  } catch (cause) {
    throw new SallyportError(cliErrors.E_INPUT_FILE, `${path} cannot be read`, { cause });
  }
};

/** Decisions of a file of JSON lines, of a data directory, or of a copy of a ledger. */
const openDecisions = async (path: string, fromMs: number): Promise<DecisionSource> => {
  if (!(await isDirectory(path))) return decisionsOfLines(() => linesOf(path), { fromMs });
  const ledger = join(path, 'ledger');
  const directory = (await isDirectory(ledger).catch(() => false)) ? ledger : path;
  return decisionsOfLines(
    async function* () {
      yield* readLogEntries(directory);
    },
    { fromMs, ignoreOthers: true },
  );
};

const readEntityFile = async ({ options, stdin }: Invocation): Promise<readonly Entity[]> => {
  const file = options.text('entities');
  if (file === undefined) throw usage('--decisions needs --entities as well');
  return orThrow(readEntities(orThrow(parseExactJson(await readText(file, stdin))).value));
};

const schemaOrShipped = async (invocation: Invocation): Promise<string> =>
  (await readSchema(invocation)) ?? (await readPolicyFolder()).schema;

/** The policies named by --policies, with the schema that was given or the shipped one. */
export const readPolicyFiles = async (invocation: Invocation): Promise<PolicyFiles> => {
  if (invocation.options.list('policies').length === 0)
    throw usage('--policies is missing; without a server it is needed');
  return { files: await readPolicies(invocation), schema: await schemaOrShipped(invocation) };
};

/** Recorded decisions and the entities they are asked over again. */
export const readRecord = async (
  invocation: Invocation,
): Promise<Pick<Situation, 'decisions' | 'entities' | 'nowMs' | 'onProgress'>> => {
  const { options, terminal } = invocation;
  const nowMs = systemClock.nowMs();
  const fromMs = nowMs - sinceSeconds(invocation) * 1000;
  return {
    entities: await readEntityFile(invocation),
    decisions: await openDecisions(options.required('decisions'), fromMs),
    nowMs,
    onProgress: (examined) => terminal.say(`${examined} decisions read`),
  };
};

/** Whether `unused` and `tighten` work on files; a server knows its policies itself. */
export const worksOnFiles = (invocation: Pick<Invocation, 'options'>): boolean => {
  const { options } = invocation;
  const isAlone = options.list('policies').length > 0 || options.text('entities') !== undefined;
  if (isAlone && !isOffline(invocation))
    throw usage('--policies and --entities need --decisions; a server is asked without them');
  return isOffline(invocation);
};

/** Everything that files say. */
export const readSituation = async (invocation: Invocation): Promise<Situation> => ({
  ...(await readPolicyFiles(invocation)),
  ...(await readRecord(invocation)),
});

const maxDecisions = 100_000_000;

/** Options that files and servers share; members that were not given are absent. */
export const windowOptions = ({ options }: Invocation) => {
  const limit = options.integer('limit', { min: 1, max: maxDecisions });
  const keep = options.list('keep');
  return { ...(limit === undefined ? {} : { limit }), ...(keep.length === 0 ? {} : { keep }) };
};
