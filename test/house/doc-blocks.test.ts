/** The marker for documentation that is run, see doc-blocks.ts. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { runnableBlocks } from '../../tools/doc-blocks.ts';

describe('runnable documentation blocks', () => {
  it('finds marked blocks and leaves the others alone', () => {
    const page = ['```sh', 'rm -rf x', '```', '```sh run', 'echo 1', 'echo 2', '```', 'text'];
    assert.deepEqual(runnableBlocks(page.join('\n')), [
      { line: 4, script: 'echo 1\necho 2', exitCode: 0 },
    ]);
  });

  it('reads the expected exit code', () => {
    assert.equal(runnableBlocks('```sh run exit=6\nfalse\n```')[0]?.exitCode, 6);
  });

  it('refuses a marker or a fence it does not understand', () => {
    assert.throws(() => runnableBlocks('```sh run maybe\n```'), /unknown marker/);
    assert.throws(() => runnableBlocks('```sh run\necho'), /never closed/);
  });
});
