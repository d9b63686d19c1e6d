/** Errors, refusals and the problem documents they become. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  defineErrors,
  isRefusal,
  kernelErrors,
  orThrow,
  refuse,
  SallyportError,
} from '../../src/kernel/errors.ts';
import { toProblem } from '../../src/kernel/problem.ts';

const errors = defineErrors({
  E_TEST: { status: 418, exit: 'conflict', title: 'A test', hint: 'Look here.' },
});

test('gives every kind its code and freezes the table', () => {
  assert.equal(errors.E_TEST.code, 'E_TEST');
  assert.ok(Object.isFrozen(errors));
});

test('tells refusals from everything else', () => {
  assert.ok(isRefusal(refuse(errors.E_TEST, 'no')));
  for (const other of [undefined, null, 'refused', {}, { refused: 1 }, new Error('x')])
    assert.ok(!isRefusal(other));
});

test('throws a refusal as an error with the same code, detail and data', () => {
  assert.equal(orThrow(5), 5);
  const refusal = refuse(errors.E_TEST, 'no tea', { pot: 1 });
  assert.throws(() => orThrow(refusal), {
    name: 'SallyportError',
    code: 'E_TEST',
    message: 'no tea',
    data: { pot: 1 },
  });
});

test('renders errors and refusals alike as problem documents', () => {
  const expected = {
    type: 'urn:sallyport:error:E_TEST',
    title: 'A test',
    status: 418,
    code: 'E_TEST',
    detail: 'no tea',
    hint: 'Look here.',
    instance: 'request-1',
    pot: 1,
  };
  const data = { pot: 1 };
  assert.deepEqual(toProblem(refuse(errors.E_TEST, 'no tea', data), 'request-1'), expected);
  const error = new SallyportError(errors.E_TEST, 'no tea', { data, cause: new Error('inside') });
  assert.deepEqual(toProblem(error, 'request-1'), expected);
});

test('says nothing about the inside of unexpected failures', () => {
  for (const failure of [new Error('password=hunter2'), 'hunter2', undefined, { hunter2: 1 }]) {
    const problem = toProblem(failure);
    assert.equal(problem.code, kernelErrors.E_UNEXPECTED.code);
    assert.doesNotMatch(JSON.stringify(problem), /hunter2|stack/);
  }
});

test('does not let data replace the fixed members', () => {
  const problem = toProblem(refuse(errors.E_TEST, 'no', { status: 200, code: 'E_OTHER' }));
  assert.deepEqual([problem.status, problem.code], [418, 'E_TEST']);
});
