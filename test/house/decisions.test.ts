/** Every runtime dependency has a page that says why it is here and how to leave it. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';

type Manifest = { readonly dependencies: Readonly<Record<string, string>> };
const { dependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as Manifest;
const pages = globSync('docs/decisions/*.md').map((path) => readFileSync(path, 'utf8'));

describe('docs/decisions', () => {
  for (const [name, version] of Object.entries(dependencies)) {
    it(`has a page for ${name} ${version}`, () => {
      const page = pages.find((text) => text.includes(`${name} ${version}`));
      assert.ok(page, `no page names ${name} ${version}`);
      for (const part of ['**Why.**', '**Cost.**', '**Exit.**'])
        assert.ok(page.includes(part), part);
    });
  }

  it('keeps each page to one page', () => {
    for (const page of pages) assert.ok(page.split('\n').length <= 60);
  });
});
