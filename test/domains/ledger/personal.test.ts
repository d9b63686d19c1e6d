/** Personal fields: never in clear on disk, readable for who holds the key, gone after erasure. */
import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { type LedgerEvent, verifyLedger } from '../../../src/domains/ledger/index.ts';
import { createSealer } from '../../../src/domains/ledger/personal/sealer.ts';
import { createSubjectKeys } from '../../../src/domains/ledger/personal/subject-keys.ts';
import { fakeClock, systemRandom } from '../../../src/kernel/effects.ts';
import { decisionOf, decisive } from './events.ts';
import { rejectsWith, withLedger } from './test-ledger.ts';

const fields = { email: 'alice@example.org', address: '203.0.113.7' };
const withPersonal = (subject: string, n = 1): LedgerEvent => ({
  class: 'decisive',
  ocsf: decisionOf(n),
  personal: { subject, fields },
});

const everyByteUnder = (directory: string): string =>
  readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .map((name) => join(directory, name))
    .filter((path) => statSync(path).isFile())
    .map((path) => readFileSync(path, 'latin1'))
    .join('\n');

test('writes neither the fields nor the subject in clear, and reads them back', () =>
  withLedger(async ({ open, directory }) => {
    const ledger = await open();
    await ledger.append(withPersonal('user-alice'));
    await ledger.append(decisive(2));
    await ledger.checkpoint();
    const bytes = everyByteUnder(directory);
    for (const secret of ['alice@example.org', '203.0.113.7', 'user-alice'])
      assert.ok(!bytes.includes(secret), secret);
    assert.deepEqual(await ledger.personal(0), fields);
    assert.equal(await ledger.personal(1), 'none');
  }));

test('erases every entry of a subject and leaves the tree as it was', () =>
  withLedger(async ({ open, directory, storage }) => {
    const ledger = await open();
    await ledger.append(withPersonal('alice', 1));
    await ledger.append(withPersonal('bob', 2));
    await ledger.append(withPersonal('alice', 3));
    const before = await ledger.read(0);
    await ledger.eraseSubject('alice');
    assert.deepEqual(await Promise.all([0, 1, 2].map((index) => ledger.personal(index))), [
      'erased',
      fields,
      'erased',
    ]);
    assert.deepEqual(await ledger.read(0), before);
    const db = storage.database<{
      subject_keys: { subject: string | null; wrapped: Uint8Array };
    }>();
    const rows = await db.selectFrom('subject_keys').selectAll().execute();
    assert.deepEqual(
      rows.map(({ subject, wrapped }) => `${subject} ${wrapped.length > 0}`).toSorted(),
      ['bob true', 'null false'],
    );
    const [row] = await ledger.query({ limit: 1 });
    assert.equal(row?.eventCode, 'ledger.subject_erased');
    assert.equal(row?.resource, `SubjectKey::${before.sealed?.subject}`);
    await ledger.eraseSubject('nobody');
    await ledger.close();
    assert.deepEqual((await verifyLedger({ directory })).problems, []);
  }));

test('gives a returning subject a new key under another pseudonym', () =>
  withLedger(async ({ open }) => {
    const ledger = await open();
    await ledger.append(withPersonal('alice', 1));
    await ledger.eraseSubject('alice');
    const { index } = await ledger.append(withPersonal('alice', 2));
    assert.deepEqual(await ledger.personal(index), fields);
    assert.equal(await ledger.personal(0), 'erased');
    const [first, second] = await Promise.all([ledger.read(0), ledger.read(index)]);
    assert.notEqual(first?.sealed?.subject, second?.sealed?.subject);
  }));

test('seals the same fields once a minute only, and each minute anew', () =>
  withLedger(async ({ storage, keys }) => {
    const clock = fakeClock();
    await keys.ensureWrappingKey('subjects');
    const subjectKeys = createSubjectKeys({
      storage,
      keys,
      keyName: 'subjects',
      clock,
      random: systemRandom,
    });
    const sealer = createSealer({ keys: subjectKeys, clock, random: systemRandom });
    const personal = { subject: 'alice', fields };
    assert.equal(sealer.cached(personal), undefined);
    const first = await sealer.seal(personal);
    assert.equal(sealer.cached({ subject: 'alice', fields: { ...fields } }), first);
    assert.equal(sealer.cached({ subject: 'bob', fields }), undefined);
    assert.equal(sealer.cached({ subject: 'alice', fields: { email: 'x' } }), undefined);
    clock.advance(60_001);
    assert.equal(sealer.cached(personal), undefined);
    assert.notEqual(await sealer.seal(personal), first);
    sealer.forget('alice');
    assert.equal(sealer.cached(personal), undefined);
  }));

test('notices a sealed block that was moved to another entry or changed', () =>
  withLedger(async ({ storage, keys }) => {
    const clock = fakeClock();
    await keys.ensureWrappingKey('subjects');
    const options = { storage, keys, keyName: 'subjects', clock, random: systemRandom };
    const sealer = createSealer({ ...options, keys: createSubjectKeys(options) });
    const sealed = JSON.parse(await sealer.seal({ subject: 'alice', fields })) as {
      subject: string;
      key: string;
      commitment: string;
      ciphertext: string;
    };
    assert.deepEqual(await sealer.open(sealed), fields);
    const changes = [
      { commitment: hash('sha256', 'other', 'base64url') },
      { ciphertext: `A${sealed.ciphertext.slice(1)}` },
      { ciphertext: 'AAAA' },
      { key: 'other/1' },
    ];
    for (const change of changes)
      await rejectsWith(sealer.open({ ...sealed, ...change }), 'E_LEDGER_CORRUPT');
    assert.equal(await sealer.open({ ...sealed, subject: 'unknown' }), 'erased');
  }));

test('refuses personal fields that are not text or too long', () =>
  withLedger(async ({ open }) => {
    const ledger = await open();
    const bad = [
      { subject: '', fields: {} },
      { subject: 'a', fields: { age: 7 as unknown as string } },
      { subject: 'a', fields: { note: 'x'.repeat(9000) } },
    ];
    for (const personal of bad)
      await rejectsWith(
        ledger.append({ class: 'decisive', ocsf: decisionOf(1), personal }),
        'E_LEDGER_EVENT_INVALID',
      );
    assert.equal(ledger.size(), 0);
  }));
