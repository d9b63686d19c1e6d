/** House rules that no linter knows: see CONTRIBUTING.md. */
import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';

const sources = globSync('src/**/*.ts')
  .map((path) => path.replaceAll('\\', '/'))
  .sort();
const handWritten = sources.filter((path) => !path.includes('/generated/'));
const around = globSync('{test,tools,bench,examples}/**/*.ts').filter(
  (path) => !path.includes('node_modules'),
);
const everything = [...handWritten, ...around].sort();
const read = (path: string): string => readFileSync(path, 'utf8');
const rooms = new Set(
  sources.flatMap(
    (path) => /^src\/(?:engines|platform|domains|doors)\/[^/]+(?=\/)/.exec(path) ?? [],
  ),
);

/** Paths whose text breaks a rule. */
const breaking = (paths: readonly string[], rule: (text: string) => boolean): readonly string[] =>
  paths.filter((path) => rule(read(path)));

describe('every file', () => {
  it('begins with a comment that says what it promises', () => {
    assert.deepEqual(
      breaking(everything, (text) => !/^(?:#!.*\n)?\/\*\*?\s/.test(text)),
      [],
    );
  });

  it('carries no note to self', () => {
    const note = new RegExp(`\\b(?:TO${'DO'}|FIX${'ME'}|XX${'X'})\\b`);
    assert.deepEqual(
      breaking(everything, (text) => note.test(text)),
      [],
    );
  });
});

describe('every source file', () => {
  it('lists its exports by name', () => {
    assert.deepEqual(
      breaking(handWritten, (text) => /^export \*/m.test(text)),
      [],
    );
  });

  it('keeps no module state', () => {
    assert.deepEqual(
      breaking(handWritten, (text) => /^(?:export )?let /m.test(text)),
      [],
    );
  });

  it('defines error codes only in errors.ts', () => {
    const elsewhere = handWritten.filter((path) => !path.endsWith('/errors.ts'));
    assert.deepEqual(
      breaking(elsewhere, (text) => /\bdefineErrors\(/.test(text)),
      [],
    );
  });

  it('has at most 300 lines', () => {
    assert.deepEqual(
      breaking(handWritten, (text) => text.split('\n').length > 301),
      [],
    );
  });
});

describe('every room', () => {
  for (const room of rooms) {
    it(`${room} has a door and a README`, () => {
      assert.ok(existsSync(`${room}/index.ts`), 'index.ts is missing');
      assert.ok(existsSync(`${room}/README.md`), 'README.md is missing');
    });
  }
});
