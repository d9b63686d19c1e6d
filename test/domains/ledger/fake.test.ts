/** The ledger in memory behaves like the real one where other rooms' tests look. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMemoryLedger } from '../../../src/domains/ledger/index.ts';
import { decisionOf, decisive, outcomeOf } from './events.ts';
import { rejectsWith } from './test-ledger.ts';

test('remembers events, answers queries and erases like the real ledger', async () => {
  const ledger = createMemoryLedger();
  const heard: number[] = [];
  const stop = ledger.subscribe(({ index }) => heard.push(index));
  await ledger.append(decisive(1, { principal: 'a' }));
  ledger.record({
    class: 'forensic',
    ocsf: outcomeOf(1),
    personal: { subject: 's', fields: { email: 'x' } },
  });
  stop();
  await ledger.append(decisive(2, { decision: 'deny' }));
  assert.deepEqual(heard, [0, 1]);
  assert.equal(ledger.events.length, 3);
  assert.deepEqual(
    (await ledger.query({ decision: 'deny', limit: 5 })).map(({ index }) => index),
    [2],
  );
  assert.deepEqual(await ledger.personal(1), { email: 'x' });
  await ledger.eraseSubject('s');
  assert.equal(await ledger.personal(1), 'erased');
  assert.equal(await ledger.personal(0), 'none');
  assert.deepEqual((await ledger.read(0)).ocsf, decisionOf(1, { principal: 'a' }));
  await rejectsWith(ledger.read(3), 'E_LEDGER_NO_ENTRY');
});

test('refuses decisive events when told to, as with a full disk, and invalid ones always', async () => {
  const ledger = createMemoryLedger();
  const ocsf = { ...decisionOf(1), colour: 'red' };
  await rejectsWith(ledger.append({ class: 'decisive', ocsf }), 'E_LEDGER_EVENT_INVALID');
  ledger.setState('refusing');
  assert.equal(ledger.state(), 'refusing');
  await rejectsWith(ledger.append(decisive(1)), 'E_LEDGER_UNAVAILABLE');
  ledger.setState('open');
  assert.equal((await ledger.append(decisive(1))).index, 0);
});
