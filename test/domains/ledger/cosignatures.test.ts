/** Witness cosignatures: checked, published with the checkpoint, refused when not ours or unknown. */
import assert from 'node:assert/strict';
import { generateKeyPairSync, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { verifyLedger } from '../../../src/domains/ledger/index.ts';
import {
  createVerifierKey,
  formatVerifierKey,
  keyTypes,
  parseNote,
  signNoteSync,
  verifyCheckpoint,
} from '../../../src/engines/merkle/index.ts';
import { isRefusal, orThrow } from '../../../src/kernel/errors.ts';
import { decisive } from './events.ts';
import { rejectsWith, withLedger } from './test-ledger.ts';

type Witness = { readonly vkey: string; readonly cosign: (checkpoint: string) => string };

const createWitness = (name: string): Witness => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const raw = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url');
  const type = keyTypes.ed25519Cosignature;
  const key = orThrow(createVerifierKey({ name, type, publicKey: raw }));
  const signer = {
    key,
    timestamp: 1_790_000_000,
    sign: (message: Uint8Array) => sign(null, message, privateKey),
  };
  return {
    vkey: formatVerifierKey(key),
    cosign: (checkpoint) => signNoteSync(orThrow(parseNote(checkpoint)).text, [signer]),
  };
};

test('publishes a cosignature of a configured witness with the checkpoint it belongs to', () =>
  withLedger(async ({ open, directory }) => {
    const witness = createWitness('witness.test/one');
    const ledger = await open({ config: { witnesses: [witness.vkey] } });
    await ledger.append(decisive(1));
    const first = await ledger.checkpoint();
    await ledger.addCosignature(witness.cosign(first));
    await ledger.addCosignature(witness.cosign(first));
    const published = readFileSync(join(directory, 'log/checkpoint'), 'utf8');
    assert.equal(published.split('witness.test/one').length, 2, 'once, however often it is sent');
    const vkeys = readFileSync(join(directory, 'log.vkeys'), 'utf8').trim().split('\n');
    const verdict = verifyCheckpoint(published, {
      required: [...vkeys, witness.vkey],
      origin: 'ledger.test/node',
    });
    assert.ok(!isRefusal(verdict), JSON.stringify(verdict));
    assert.equal(await ledger.checkpoint(), published);
    await ledger.append(decisive(2));
    await ledger.checkpoint();
    assert.equal(readFileSync(join(directory, 'log/history/1'), 'utf8'), published);
    await ledger.close();
    assert.deepEqual((await verifyLedger({ directory })).problems, []);
  }));

test('accepts a cosignature that arrives after the next checkpoint', () =>
  withLedger(async ({ open, directory }) => {
    const witness = createWitness('witness.test/one');
    const ledger = await open({ config: { witnesses: [witness.vkey] } });
    await ledger.append(decisive(1));
    const first = await ledger.checkpoint();
    await ledger.append(decisive(2));
    const second = await ledger.checkpoint();
    await ledger.addCosignature(witness.cosign(first));
    assert.match(readFileSync(join(directory, 'log/history/1'), 'utf8'), /witness\.test\/one/);
    assert.equal(readFileSync(join(directory, 'log/checkpoint'), 'utf8'), second);
  }));

test('refuses cosignatures of strangers, of other logs, of other roots and of no known size', () =>
  withLedger(async ({ open, directory }) => {
    const witness = createWitness('witness.test/one');
    const stranger = createWitness('witness.test/two');
    const ledger = await open({ config: { witnesses: [witness.vkey] } });
    await ledger.append(decisive(1));
    const checkpoint = await ledger.checkpoint();
    const lines = checkpoint.split('\n');
    const other = (line: number, text: string): string =>
      lines.map((old, i) => (i === line ? text : old)).join('\n');
    const root = Buffer.alloc(32, 1).toString('base64');
    const bad = [
      stranger.cosign(checkpoint),
      witness.cosign(other(0, 'other.test/log')),
      witness.cosign(other(1, '7')),
      witness.cosign(other(2, root)),
      witness.cosign(checkpoint).replace(lines[2] ?? '', root),
      'not a note',
      '',
    ];
    for (const text of bad) await rejectsWith(ledger.addCosignature(text), 'E_LEDGER_COSIGNATURE');
    assert.equal(readFileSync(join(directory, 'log/checkpoint'), 'utf8'), checkpoint);
  }));
