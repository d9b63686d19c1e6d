/** What the ledger promises at its interface. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { verifyLedger } from '../../../src/domains/ledger/index.ts';
import { leafHash, verifyTlogProof } from '../../../src/engines/merkle/index.ts';
import { isRefusal } from '../../../src/kernel/errors.ts';
import { decisionOf, decisive, outcomeOf } from './events.ts';
import { rejectsWith, withLedger } from './test-ledger.ts';

const vkeysOf = (directory: string): readonly string[] =>
  readFileSync(join(directory, 'log.vkeys'), 'utf8').trim().split('\n');

test('gives consecutive indexes and returns what was appended', () =>
  withLedger(async ({ open }) => {
    const ledger = await open();
    const receipts = await Promise.all([1, 2, 3].map((n) => ledger.append(decisive(n))));
    assert.deepEqual(
      receipts.map(({ index }) => index),
      [0, 1, 2],
    );
    const entry = await ledger.read(1);
    assert.deepEqual(entry, { index: 1, v: 1, class: 'decisive', ocsf: decisionOf(2) });
    assert.equal(ledger.size(), 3);
    await rejectsWith(ledger.read(3), 'E_LEDGER_NO_ENTRY');
    await rejectsWith(ledger.read(-1), 'E_LEDGER_NO_ENTRY');
  }));

test('never writes an event that is not valid OCSF, and names the fault', () =>
  withLedger(async ({ open }) => {
    const ledger = await open();
    const ocsf = { ...decisionOf(1), colour: 'red' };
    const error = await rejectsWith(
      ledger.append({ class: 'decisive', ocsf }),
      'E_LEDGER_EVENT_INVALID',
    );
    assert.match(error.message, /colour/);
    ledger.record({ class: 'forensic', ocsf });
    assert.equal(ledger.dropped().forensic, 1);
    assert.equal(ledger.size(), 0);
  }));

test('survives a restart: entries, size and index', () =>
  withLedger(async ({ open, directory }) => {
    const first = await open();
    for (let n = 0; n < 600; n++) void first.append(decisive(n));
    await first.append(decisive(600));
    await first.close();
    await rejectsWith(first.append(decisive(601)), 'E_LEDGER_CLOSED');
    const second = await open();
    assert.equal(second.size(), 601);
    assert.equal((await second.append(decisive(601))).index, 601);
    for (const index of [0, 255, 256, 600, 601])
      assert.deepEqual((await second.read(index)).ocsf, decisionOf(index));
    assert.equal((await second.readRange(250, 12)).length, 12);
    await second.close();
    const verified = await verifyLedger({ directory });
    assert.deepEqual(verified.problems, []);
    assert.equal(verified.size, 602);
  }));

test('proves inclusion against a checkpoint that both keys of the log have signed', () =>
  withLedger(async ({ open, directory }) => {
    const ledger = await open();
    for (let n = 0; n < 300; n++) void ledger.append(decisive(n));
    await ledger.append(decisive(300));
    const policy = { required: vkeysOf(directory) };
    for (const index of [0, 255, 256, 300]) {
      const proof = await ledger.proveInclusion(index);
      const { index: _, ...stored } = await ledger.read(index);
      const entry = Buffer.from(JSON.stringify(stored));
      const verdict = verifyTlogProof(proof, { leafHash: leafHash(entry), policy });
      assert.ok(!isRefusal(verdict) && verdict.index === index, JSON.stringify(verdict));
      const other = verifyTlogProof(proof, { leafHash: leafHash(Buffer.from('x')), policy });
      assert.ok(isRefusal(other));
    }
    await rejectsWith(ledger.proveInclusion(301), 'E_LEDGER_NO_ENTRY');
  }));

test('finds entries by time, class, principal, decision and correlation, newest first', () =>
  withLedger(async ({ open }) => {
    const ledger = await open();
    await Promise.all([
      ledger.append(decisive(1, { principal: 'a' })),
      ledger.append(decisive(2, { principal: 'b', decision: 'deny' })),
      ledger.append(decisive(3, { principal: 'a' })),
      ledger.append({ class: 'decisive', ocsf: outcomeOf(1) }),
    ]);
    const { time } = decisionOf(2);
    const cases = [
      [{}, [3, 2, 1, 0]],
      [{ principal: 'Service::a' }, [2, 0]],
      [{ decision: 'deny' }, [1]],
      [{ correlationUid: 'exchange-1' }, [3, 0]],
      [{ eventCode: 'gateway.outcome' }, [3]],
      [{ resource: 'Endpoint::digits', before: 2 }, [1, 0]],
      [{ fromMs: time, toMs: time + 1 }, [1]],
      [{ classUid: 3002 }, []],
    ] as const;
    for (const [query, expected] of cases) {
      const rows = await ledger.query({ ...query, limit: 10 });
      assert.deepEqual(
        rows.map(({ index }) => index),
        expected,
        JSON.stringify(query),
      );
    }
    assert.equal((await ledger.query({ limit: 1 })).length, 1);
    await rejectsWith(ledger.query({ limit: 0 }), 'E_LEDGER_QUERY');
  }));

test('rebuilds the index from the log, whoever changed it', () =>
  withLedger(async ({ open, storage }) => {
    const ledger = await open();
    for (let n = 0; n < 300; n++) void ledger.append(decisive(n));
    await ledger.append(decisive(300, { decision: 'deny' }));
    const before = await ledger.query({ limit: 1000 });
    const db = storage.database<{ ledger_index: { principal: string } }>();
    await db.updateTable('ledger_index').set({ principal: 'forged' }).execute();
    assert.equal(await ledger.reindex(), 301);
    assert.deepEqual(await ledger.query({ limit: 1000 }), before);
  }));

test('starts the index over when it knows more than the log', () =>
  withLedger(async ({ open, storage }) => {
    const db = storage.database<{
      ledger_positions: { log: string; name: string; entry: number };
    }>();
    const position = { log: 'ledger.test/node', name: 'index', entry: 99 };
    await db.insertInto('ledger_positions').values(position).execute();
    const ledger = await open();
    await ledger.append(decisive(1));
    assert.equal((await ledger.query({ limit: 10 })).length, 1);
  }));

test('tells subscribers every entry once and in order', () =>
  withLedger(async ({ open }) => {
    const ledger = await open();
    await ledger.append(decisive(0));
    const heard: number[] = [];
    const done = Promise.withResolvers<void>();
    const stop = ledger.subscribe((entry) => {
      heard.push(entry.index);
      if (entry.index === 5) done.resolve();
      if (entry.index === 2) throw new Error('one listener fails');
    });
    for (let n = 1; n <= 5; n++) void ledger.append(decisive(n));
    await done.promise;
    assert.deepEqual(heard, [1, 2, 3, 4, 5]);
    stop();
    await ledger.append(decisive(6));
    assert.equal(heard.length, 5);
  }));

test('reports decisions without outcome once, after the run that made them', () =>
  withLedger(async ({ open }) => {
    const first = await open();
    await first.append(decisive(1));
    await first.append({ class: 'decisive', ocsf: outcomeOf(1) });
    await first.append(decisive(2));
    await first.append(decisive(3, { decision: 'deny' }));
    assert.deepEqual(await first.reportUnfinished(), []);
    await first.close();
    const second = await open();
    await second.append(decisive(4));
    const found = await second.reportUnfinished();
    assert.deepEqual(
      found.map(({ index, correlationUid }) => [index, correlationUid]),
      [[2, 'exchange-2']],
    );
    const [row] = await second.query({ limit: 1 });
    assert.equal(row?.eventCode, 'ledger.unfinished_decision');
    assert.equal(row?.correlationUid, 'exchange-2');
    assert.deepEqual(await second.reportUnfinished(), []);
  }));

test('cuts an event that is too long for a bundle and says what was left out', () =>
  withLedger(async ({ open }) => {
    const ledger = await open();
    const ocsf = { ...decisionOf(1), unmapped: { note: 'kept?', blob: 'x'.repeat(80_000) } };
    await ledger.append({ class: 'decisive', ocsf });
    const entry = await ledger.read(0);
    assert.equal(entry.ocsf.metadata.is_truncated, true);
    const omitted = entry.ocsf.unmapped?.omitted as { attributes: string[]; digest: string };
    assert.deepEqual(omitted.attributes, ['unmapped']);
    assert.match(omitted.digest, /^sha256:[0-9a-f]{64}$/);
    assert.equal(entry.ocsf.action_id, 1);
  }));

test('keeps telemetry with its weight', () =>
  withLedger(async ({ open }) => {
    const ledger = await open({ config: { telemetryPerSecond: 10 } });
    for (let n = 0; n < 100; n++) ledger.record({ class: 'telemetry', ocsf: decisionOf(n) });
    const { size } = await ledger.append(decisive(0)).then(() => ({ size: ledger.size() }));
    const entries = await ledger.readRange(0, size - 1);
    assert.ok(entries.length < 60, `${entries.length}`);
    const stands = entries.reduce((sum, { weight }) => sum + (weight ?? 0), 0);
    assert.ok(stands > 80 && stands <= 100, `${stands}`);
  }));
