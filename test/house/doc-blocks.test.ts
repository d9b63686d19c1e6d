/** The marker for documentation that is run, see doc-blocks.ts. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { runnableBlocks, withPorts } from '../../tools/doc-blocks.ts';

describe('runnable documentation blocks', () => {
  it('finds marked blocks and leaves the others alone', () => {
    const page = ['```sh', 'rm -rf x', '```', '```sh run', 'echo 1', 'echo 2', '```', 'text'];
    assert.deepEqual(runnableBlocks(page.join('\n')), [
      { line: 4, script: 'echo 1\necho 2', exitCode: 0 },
    ]);
  });

  it('reads exit code, background port and what to stop before', () => {
    assert.equal(runnableBlocks('```sh run exit=6\nfalse\n```')[0]?.exitCode, 6);
    assert.deepEqual(runnableBlocks('```sh run background=7700 after=9000\nx\n```'), [
      { line: 1, script: 'x', exitCode: 0, background: 7700, after: 9000 },
    ]);
    assert.equal(
      runnableBlocks('```sh run background=run/web.sock\nx\n```')[0]?.background,
      'run/web.sock',
    );
  });

  it('refuses a marker or a fence it does not understand', () => {
    assert.throws(() => runnableBlocks('```sh run maybe\n```'), /unknown marker/);
    assert.throws(() => runnableBlocks('```sh run exit=x\n```'), /unknown marker/);
    assert.throws(() => runnableBlocks('```sh run exit=a.sock\n```'), /unknown marker/);
    assert.throws(() => runnableBlocks('```sh run after=../a.sock\n```'), /unknown marker/);
    assert.throws(() => runnableBlocks('```sh run\necho'), /never closed/);
  });

  it('gives the named ports of a page the numbers of one run, whole numbers only', () => {
    const ports = new Map([[7700, 41_234]]);
    assert.equal(
      withPorts('--port 7700 http://127.0.0.1:7700/v1 17700 a7700 1.7700', ports),
      '--port 41234 http://127.0.0.1:41234/v1 17700 a7700 1.7700',
    );
  });
});
