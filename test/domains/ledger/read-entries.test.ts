/** Reading a log from disk without verifying it. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readLogEntries } from '../../../src/domains/ledger/index.ts';
import { memoryFiles } from './build-log.ts';
import { entries, freshLog } from './verify-fixture.ts';

const texts = entries.map((entry) => Buffer.from(entry).toString('utf8'));
const read = (log: ReadonlyMap<string, Uint8Array>): readonly string[] =>
  readLogEntries('', memoryFiles(log)).toArray();

describe('reading the entries of a log', () => {
  it('gives all of them in order, those that no bundle holds yet included', () => {
    assert.deepEqual(read(freshLog()), texts);
  });

  it('ends where an entry is nowhere', () => {
    const log = freshLog();
    for (const path of log.keys())
      if (path.startsWith('log/tile/entries/001')) assert.ok(log.delete(path));
    assert.deepEqual(read(log), texts.slice(0, 256));
  });

  it('gives nothing for an empty directory', () => {
    assert.deepEqual(read(new Map()), []);
  });
});
