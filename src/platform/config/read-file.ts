/**
 * Reads the YAML file into values by key. Unknown keys are refused with the place and the nearest
 * known key; aliases are bounded, duplicate keys and unknown tags are errors.
 */
import { basename, dirname, isAbsolute, join } from 'node:path';
import { isMap, isNode, isScalar, LineCounter, type Node, parseDocument } from 'yaml';
import { SallyportError } from '../../kernel/errors.ts';
import { configErrors } from './errors.ts';
import type { ConfigField } from './fields.ts';
import type { ConfigProblem, RawValue, SourceReading } from './raw-value.ts';
import { unknownKey } from './unknown-key.ts';

const maxAliasCount = 16;

export type ConfigFileText = { readonly path: string; readonly text: string };

/**
 * Reads the text of a configuration file.
 *
 * @throws SallyportError E_CONFIG_FILE when the text is not YAML; names line and column
 */
export const readConfigText = (
  file: ConfigFileText,
  fields: readonly ConfigField[],
): SourceReading => {
  const { root, content, placeOf } = parseYaml(file);
  const reading: Reading = { fields, placeOf, file, values: new Map(), problems: [] };
  if (content !== null && content !== undefined) readGroup(reading, { node: root, content }, []);
  return { values: reading.values, problems: reading.problems, warnings: [] };
};

type Reading = {
  readonly fields: readonly ConfigField[];
  readonly placeOf: (node: unknown) => string;
  readonly file: ConfigFileText;
  readonly values: Map<string, RawValue>;
  readonly problems: ConfigProblem[];
};
type At = { readonly node: unknown; readonly content: unknown };

const parseYaml = (file: ConfigFileText) => {
  const lines = new LineCounter();
  const name = basename(file.path);
  const placeAt = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${name}:${line}:${col}`;
  };
  try {
    const document = parseDocument(file.text, { lineCounter: lines, prettyErrors: false });
    const [problem] = [...document.errors, ...document.warnings];
    if (problem !== undefined) throw badFile(`${placeAt(problem.pos[0])}: ${problem.message}`);
    const placeOf = (node: unknown): string =>
      isNode(node) && node.range ? placeAt(node.range[0]) : name;
    return {
      root: document.contents as Node | null,
      content: document.toJS({ maxAliasCount }) as unknown,
      placeOf,
    };
  } catch (cause) {
    if (cause instanceof SallyportError) throw cause;
    const why = cause instanceof RangeError ? 'it is nested too deeply' : messageOf(cause);
    throw badFile(`${name}: ${why}`, cause);
  }
};

const readGroup = (reading: Reading, at: At, path: readonly string[]): void => {
  if (!isRecord(at.content)) {
    const message = `expected keys below ${path.join('.') || 'the top'}`;
    reading.problems.push({ key: path.join('.'), place: reading.placeOf(at.node), message });
    return;
  }
  for (const [name, content] of Object.entries(at.content))
    readEntry(reading, { ...pairOf(at.node, name), content }, [...path, name]);
};

type Entry = At & { readonly keyNode: unknown };

const readEntry = (reading: Reading, entry: Entry, path: readonly string[]): void => {
  const key = path.join('.');
  const field = reading.fields.find((candidate) => candidate.key === key);
  if (field !== undefined) {
    readLeaf(reading, entry, field);
    return;
  }
  if (reading.fields.some((candidate) => candidate.key.startsWith(`${key}.`))) {
    readGroup(reading, entry, path);
    return;
  }
  const place = reading.placeOf(entry.keyNode);
  reading.problems.push({ key, place, message: unknownKey(key, reading.fields) });
};

const readLeaf = (reading: Reading, entry: Entry, field: ConfigField): void => {
  const place = reading.placeOf(entry.node);
  if (field.meta.isSecret) {
    const message =
      'a secret does not belong into the configuration file; name a file that holds it';
    reading.problems.push({ key: field.key, place, message });
    return;
  }
  const value = withPaths(reading.file.path, field, entry.content);
  if (value !== null) reading.values.set(field.key, { source: 'file', place, value });
};

/** Paths in the file are relative to it, also inside the objects of a list. */
const withPaths = (file: string, { meta, members }: ConfigField, content: unknown): unknown => {
  if (meta.isPath) return relativeTo(file, content);
  const paths = members.filter((member) => member.meta.isPath).map(({ name }) => name);
  if (paths.length === 0 || !Array.isArray(content)) return content;
  return content.map((item: unknown) => {
    if (!isRecord(item)) return item;
    const given = paths.filter((name) => Object.hasOwn(item, name));
    return {
      ...item,
      ...Object.fromEntries(given.map((name) => [name, relativeTo(file, item[name])])),
    };
  });
};

const relativeTo = (file: string, value: unknown): unknown =>
  typeof value === 'string' && value !== '' && !isAbsolute(value)
    ? join(dirname(file), value)
    : value;

const pairOf = (map: unknown, name: string): { keyNode: unknown; node: unknown } => {
  if (!isMap(map)) return { keyNode: undefined, node: undefined };
  const pair = map.items.find(({ key }) => isScalar(key) && String(key.value) === name);
  return { keyNode: pair?.key, node: pair?.value };
};

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);

const badFile = (detail: string, cause?: unknown): SallyportError =>
  new SallyportError(configErrors.E_CONFIG_FILE, detail, { cause });
