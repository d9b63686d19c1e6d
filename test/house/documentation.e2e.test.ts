/** What README and guides tell people to type works: their ```sh run blocks, see doc-blocks.ts. */
import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { runDocPage } from '../../tools/run-doc-page.ts';

const pages = [...globSync('README.md'), ...globSync('docs/guides/*.md')].sort();
/** Every page that people read. */
const findPages = (): readonly string[] => [
  ...pages,
  ...globSync('*.md'),
  ...globSync('{src,content,docs}/**/*.md').filter((path) => !path.includes('node_modules')),
];

describe('documentation', () => {
  for (const page of pages) {
    it(`does in ${page} what it says`, () => runDocPage(page));
  }

  it('links only to files that exist', () => {
    const broken = findPages().flatMap((page) =>
      [...readFileSync(page, 'utf8').matchAll(/\]\((?![a-z]+:|#)([^)#\s]+)[^)]*\)/g)]
        .map(([, target = '']) => join(dirname(page), target))
        .filter((target) => !existsSync(target))
        .map((target) => `${page}: ${target}`),
    );
    assert.deepEqual(broken, []);
  });
});
