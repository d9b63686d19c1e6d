/**
 * Reads who imports whom under src/ and judges it by the rules of the four floors: only downwards,
 * engines and platform apart, into another room through its door (`index.ts`), never in a circle.
 */
import { globSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';

export type Floor = 'kernel' | 'engines' | 'platform' | 'domains' | 'doors' | 'top';
export type Place = { readonly floor: Floor; readonly room: string };
export type Import = {
  readonly from: string;
  /** A path relative to the repository, or the bare name of a package or builtin. */
  readonly to: string;
  readonly isTypeOnly: boolean;
  /** Loaded when it is needed: `import('…')` and worker threads. */
  readonly isLazy: boolean;
  readonly isRelative: boolean;
};
export type Violation = { readonly from: string; readonly to: string; readonly what: string };

const mayImport: Readonly<Record<Floor, readonly Floor[]>> = {
  kernel: ['kernel'],
  engines: ['kernel', 'engines'],
  platform: ['kernel', 'platform'],
  domains: ['kernel', 'engines', 'platform', 'domains'],
  doors: ['kernel', 'engines', 'platform', 'domains', 'doors'],
  top: ['kernel', 'engines', 'platform', 'domains', 'doors', 'top'],
};

/** Floor and room of a path such as `src/domains/ledger/store.ts`; files right under src are `top`. */
export const placeOf = (path: string): Place => {
  const [, floor = '', room = ''] = path.split('/');
  if (floor === 'kernel') return { floor, room: 'kernel' };
  if (floor === 'engines' || floor === 'platform' || floor === 'domains' || floor === 'doors')
    return { floor, room: `${floor}/${room}` };
  return { floor: 'top', room: 'top' };
};

const statement =
  /^(?:import|export)\s+(type\s)?[^'";]*?from\s+'([^']+)'|^import\s+'([^']+)'|\bimport\(\s*'([^']+)'\s*\)|new URL\(\s*'(\.[^']+\.ts)'/gm;

/** All imports written in one file, dynamic ones and worker URLs included. */
export const importsIn = (from: string, text: string): readonly Import[] =>
  [...text.matchAll(statement)].map((match) => {
    const specifier = match[2] ?? match[3] ?? match[4] ?? match[5] ?? '';
    const isRelative = specifier.startsWith('.');
    const to = isRelative ? posix.join(posix.dirname(from), specifier) : specifier;
    const isLazy = match[4] !== undefined || match[5] !== undefined;
    return { from, to, isTypeOnly: match[1] !== undefined, isLazy, isRelative };
  });

/** All imports of all files under `root`/src. */
export const readImports = (root: string): readonly Import[] =>
  globSync('src/**/*.ts', { cwd: root })
    .map((path) => path.replaceAll('\\', '/'))
    .sort()
    .flatMap((path) => importsIn(path, readFileSync(posix.join(root, path), 'utf8')));

const judge = (edge: Import): string | undefined => {
  if (!edge.isRelative) {
    const isBuiltin = edge.to.startsWith('node:');
    return placeOf(edge.from).floor === 'kernel' && !isBuiltin
      ? 'the kernel depends on no package'
      : undefined;
  }
  if (!edge.to.startsWith('src/')) {
    const isManifest = edge.to === 'package.json';
    return isManifest ? undefined : 'src imports only from src';
  }
  const from = placeOf(edge.from);
  const to = placeOf(edge.to);
  if (!mayImport[from.floor].includes(to.floor)) return `${from.floor} may not import ${to.floor}`;
  const isDoor = edge.to === `src/${to.room}/index.ts`;
  if (from.room === to.room || to.floor === 'kernel' || isDoor || from.floor === 'top')
    return undefined;
  return `another room is entered only through src/${to.room}/index.ts`;
};

/** Imports that break the floors or go round a door. */
export const findViolations = (imports: readonly Import[]): readonly Violation[] =>
  imports.flatMap((edge) => {
    const what = judge(edge);
    return what === undefined ? [] : [{ from: edge.from, to: edge.to, what }];
  });

/** Circles in a graph given as edges; each is listed once, as the path that closes it. */
export const findCycles = (
  edges: readonly { readonly from: string; readonly to: string }[],
): readonly (readonly string[])[] => {
  const next = new Map<string, Set<string>>();
  for (const { from, to } of edges) {
    if (from !== to) next.set(from, (next.get(from) ?? new Set()).add(to));
  }
  const done = new Set<string>();
  const cycles: string[][] = [];
  const visit = (node: string, path: readonly string[]): void => {
    const start = path.indexOf(node);
    if (start >= 0) {
      cycles.push([...path.slice(start), node]);
      return;
    }
    if (done.has(node)) return;
    for (const neighbour of next.get(node) ?? []) visit(neighbour, [...path, node]);
    done.add(node);
  };
  for (const node of next.keys()) visit(node, []);
  return cycles;
};

/** Edges between rooms, without those inside one room and without the composition files. */
export const roomEdges = (
  imports: readonly Import[],
): readonly { readonly from: string; readonly to: string }[] =>
  imports
    .filter((edge) => edge.isRelative && edge.to.startsWith('src/'))
    .map((edge) => ({ from: placeOf(edge.from).room, to: placeOf(edge.to).room }))
    .filter(({ from, to }) => from !== to && from !== 'top');

/** One line per room: what it imports, with the number of import statements. */
export const formatMatrix = (imports: readonly Import[]): string => {
  const rows = new Map<string, Map<string, number>>();
  for (const { from, to } of roomEdges(imports)) {
    const row = rows.get(from) ?? new Map<string, number>();
    rows.set(from, row.set(to, (row.get(to) ?? 0) + 1));
  }
  const width = Math.max(0, ...[...rows.keys()].map((room) => room.length));
  return [...rows]
    .sort(([a], [b]) => a.localeCompare(b, 'en'))
    .map(([room, row]) => {
      const cells = [...row].sort(([a], [b]) => a.localeCompare(b, 'en'));
      return `${room.padEnd(width)} → ${cells.map(([to, count]) => `${to} ${count}`).join(', ')}`;
    })
    .join('\n');
};
