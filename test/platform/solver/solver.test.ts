/** Z3 in its thread: answers, limits, endings. One thread serves most of the tests. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { openSolver } from '../../../src/platform/solver/index.ts';

const hard = [
  ...['x', 'y', 'z'].map((name) => `(declare-const ${name} Int)`),
  '(assert (= (+ (* x x x) (* y y y) (* z z z)) 42)) (assert (> x 1000000))',
  '(check-sat)',
].join('\n');

describe('the solver', () => {
  const solver = openSolver({ timeoutMs: 30_000 });
  after(() => solver.close());

  it('answers and shows a model', async () => {
    const script =
      '(declare-const s String)(assert (str.prefixof "ab" s))(check-sat)(get-value (s))';
    assert.deepEqual(await solver.solve(script), { output: 'sat\n((s "ab"))\n' });
  });

  it('forgets one script before the next', async () => {
    assert.deepEqual(await solver.solve('(declare-const s Int)(assert (< s s))(check-sat)'), {
      output: 'unsat\n',
    });
  });

  it('says what is wrong with a script in front of any verdict', async () => {
    const reply = await solver.solve('(assert (foo))(check-sat)');
    assert.ok('output' in reply && reply.output.startsWith('(error'), JSON.stringify(reply));
  });

  it('answers scripts in the order they came', async () => {
    const [first, second] = await Promise.all([
      solver.solve('(assert false)(check-sat)'),
      solver.solve('(assert true)(check-sat)'),
    ]);
    assert.deepEqual([first, second], [{ output: 'unsat\n' }, { output: 'sat\n' }]);
  });
});

describe('a solver with limits', () => {
  it('ends what takes too long and goes on with the next script', async () => {
    const solver = openSolver({ timeoutMs: 300 });
    try {
      assert.deepEqual(await solver.solve(hard), { failure: 'the solver took longer than 300 ms' });
      assert.deepEqual(await solver.solve('(check-sat)'), { output: 'sat\n' });
    } finally {
      await solver.close();
    }
  });

  it('is closed in the middle of a script', async () => {
    const solver = openSolver();
    const reply = solver.solve(hard);
    await solver.close();
    assert.ok('failure' in (await reply));
    assert.deepEqual(await solver.solve('(check-sat)'), { failure: 'the solver was closed' });
  });

  it('does not keep a process alive that forgets to close it', async () => {
    const program = `import { openSolver } from './src/platform/solver/index.ts';
      console.log((await openSolver().solve('(check-sat)')).output);`;
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--input-type=module', '-e', program],
      { timeout: 30_000 },
    );
    assert.equal(stdout.trim(), 'sat');
  });
});
