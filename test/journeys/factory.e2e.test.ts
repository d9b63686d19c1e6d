/** The factory story ends as told, and what it leaves behind can be verified by anybody. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';

const quickMs = 90_000;

const run = (...args: readonly string[]) =>
  spawnSync(process.execPath, args, { encoding: 'utf8', timeout: quickMs });

describe('npm run factory', () => {
  let directory = '';
  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'sallyport-story-'));
  });
  after(() => rmSync(directory, { recursive: true, force: true }));

  it('ends with all acts as told within 90 seconds', () => {
    const { status, stdout, stderr } = run('examples/factory/factory.ts', '--keep', directory);
    assert.equal(status, 0, `${stdout}\n${stderr}`);
    assert.match(stdout, /all \d+ acts as told/);
  });

  it('leaves a ledger that verifies', () => {
    const dataDir = join(directory, 'data');
    const { status, stdout } = run(
      'bin/sallyport.js',
      'ledger',
      'verify',
      '--data-dir',
      dataDir,
      '--json',
    );
    assert.equal(status, 0, stdout);
    const { ok, size } = JSON.parse(stdout) as { readonly ok: boolean; readonly size: number };
    assert.ok(ok && size > 70, `${size} entries`);
  });

  it('refuses a directory that is not empty', () => {
    const { status, stderr } = run('examples/factory/factory.ts', '--keep', directory);
    assert.equal(status, 1);
    assert.match(stderr, /is not empty/);
  });
});
