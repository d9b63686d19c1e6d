/** What README and guides tell people to type works: their ```sh run blocks, see doc-blocks.ts. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, it } from 'node:test';
import { runnableBlocks } from '../../tools/doc-blocks.ts';

const pages = [...globSync('README.md'), ...globSync('docs/guides/*.md')].sort();

/** Runs the blocks of a page in order; stops at the first that ends otherwise than it says. */
const runPage = (page: string): void => {
  const directory = mkdtempSync(join(tmpdir(), 'sallyport-docs-'));
  try {
    symlinkSync(resolve('bin/sallyport.js'), join(directory, 'sallyport'));
    const env = {
      ...process.env,
      PATH: `${directory}:${resolve('node_modules/.bin')}:${process.env['PATH'] ?? ''}`,
      SALLYPORT_REPOSITORY: resolve('.'),
    };
    for (const { line, script, exitCode } of runnableBlocks(readFileSync(page, 'utf8'))) {
      const run = spawnSync('bash', ['-euo', 'pipefail', '-c', script], {
        cwd: directory,
        env,
        encoding: 'utf8',
        timeout: 120_000,
      });
      assert.equal(run.status, exitCode, `${page}:${line}\n${run.stdout}\n${run.stderr}`);
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
};

describe('documentation', () => {
  for (const page of pages) {
    it(`does in ${page} what it says`, () => runPage(page));
  }
});
