/**
 * Which test file belongs to which run. Unit files share one process and must be fast; `*.e2e` and
 * `*.slow` files get a process each; everything under test/crash kills servers and runs alone.
 */
import { globSync } from 'node:fs';

export const testKinds = ['unit', 'e2e', 'crash'] as const;
export type TestKind = (typeof testKinds)[number];

/** The kind of a test file, by its path relative to the repository. */
export const kindOf = (path: string): TestKind => {
  if (path.startsWith('test/crash/')) return 'crash';
  return /\.(?:e2e|slow)\.test\.ts$/.test(path) ? 'e2e' : 'unit';
};

/** All test files of one kind, sorted, relative to `root`; `filters` keeps paths that contain one. */
export const testFiles = (
  root: string,
  kind: TestKind,
  filters: readonly string[] = [],
): readonly string[] =>
  globSync('test/**/*.test.ts', { cwd: root })
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => kindOf(path) === kind)
    .filter((path) => filters.length === 0 || filters.some((filter) => path.includes(filter)))
    .sort();
