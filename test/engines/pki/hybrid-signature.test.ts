/** Hybrid signatures: both halves count, and nothing of them is good for anything else. */
import assert from 'node:assert/strict';
import { generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto';
import { describe, it } from 'node:test';
import {
  createHybridKey,
  type HybridKey,
  hybridMessage,
  signHybrid,
  verifyHybrid,
} from '../../../src/engines/pki/index.ts';
import { isRefusal, orThrow } from '../../../src/kernel/errors.ts';

type Pair = { readonly publicKey: KeyObject; readonly privateKey: KeyObject };
type Both = { readonly classical: Pair; readonly postQuantum: Pair; readonly as?: HybridKey };

const classicals: Readonly<Record<string, () => Pair>> = {
  Ed25519: () => generateKeyPairSync('ed25519'),
  'P-256': () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
};
const postQuantums: Readonly<Record<string, () => Pair>> = {
  'ML-DSA-44': () => generateKeyPairSync('ml-dsa-44'),
  'ML-DSA-65': () => generateKeyPairSync('ml-dsa-65'),
};

const spkiOf = ({ publicKey }: Pair): Uint8Array =>
  publicKey.export({ format: 'der', type: 'spki' });
const keyOf = ({ classical, postQuantum }: Both): HybridKey =>
  orThrow(createHybridKey({ classical: spkiOf(classical), postQuantum: spkiOf(postQuantum) }));
const digestOf = ({ privateKey }: Pair) =>
  privateKey.asymmetricKeyType === 'ec' ? 'sha256' : null;
const signWith = (both: Both, context: string, message: Uint8Array) =>
  signHybrid(
    both.as ?? keyOf(both),
    { context, message },
    {
      classical: (data) => sign(digestOf(both.classical), data, both.classical.privateKey),
      postQuantum: async (data) => sign(null, data, both.postQuantum.privateKey),
    },
  );

const message = Buffer.from('bundle of agent 7');
const context = 'agent-bundle';

for (const [classicalName, newClassical] of Object.entries(classicals))
  for (const [postQuantumName, newPostQuantum] of Object.entries(postQuantums))
    describe(`hybrid signatures with ${classicalName} and ${postQuantumName}`, () => {
      const both = { classical: newClassical(), postQuantum: newPostQuantum() };
      const key = keyOf(both);

      it('verify for the message, the context and the pair they were made for', async () => {
        const signature = await signWith(both, context, message);
        assert.equal(verifyHybrid(key, { context, message, signature }), true);
        const empty = await signWith(both, context, new Uint8Array(0));
        assert.equal(
          verifyHybrid(key, { context, message: new Uint8Array(0), signature: empty }),
          true,
        );
        const other = { ...both, classical: newClassical() };
        for (const wrong of [
          { context, message: Buffer.from('bundle of agent 8'), signature },
          { context: 'agent-bundles', message, signature },
          { context: '', message, signature },
          { context: 'x'.repeat(256), message, signature },
        ])
          assert.equal(verifyHybrid(key, wrong), false);
        assert.equal(verifyHybrid(keyOf(other), { context, message, signature }), false);
      });

      it('need both halves: one alone, from another pair, or repeated is nothing', async () => {
        const signature = await signWith(both, context, message);
        const length = Buffer.from(signature).readUInt16BE(3);
        const halves = [signature.subarray(5, 5 + length), signature.subarray(5 + length)] as const;
        const mixed = { ...both, postQuantum: newPostQuantum(), as: key };
        const byMixed = await signWith(mixed, context, message);
        for (const wrong of [
          halves[0],
          halves[1],
          Buffer.concat([signature.subarray(0, 5), halves[0]]),
          Buffer.concat([signature.subarray(0, 5), halves[0], halves[0]]),
          byMixed,
        ])
          assert.equal(verifyHybrid(key, { context, message, signature: wrong }), false);
      });

      it('do not survive a changed bit, a cut or an addition', async () => {
        const signature = await signWith(both, context, message);
        for (let at = 0; at < signature.length; at += at < 100 ? 1 : 97) {
          const changed = Uint8Array.from(signature);
          changed[at] = (changed[at] ?? 0) ^ (1 << (at & 7));
          assert.equal(verifyHybrid(key, { context, message, signature: changed }), false, `${at}`);
          const cut = signature.subarray(0, at);
          assert.equal(verifyHybrid(key, { context, message, signature: cut }), false);
        }
        const longer = Buffer.concat([signature, Uint8Array.of(0)]);
        assert.equal(verifyHybrid(key, { context, message, signature: longer }), false);
      });
    });

describe('a hybrid pair', () => {
  const both = {
    classical: generateKeyPairSync('ed25519'),
    postQuantum: generateKeyPairSync('ml-dsa-44'),
  };

  it('is one classical and one post-quantum key, in this order', () => {
    const [classical, postQuantum] = [spkiOf(both.classical), spkiOf(both.postQuantum)];
    const rsa = spkiOf(generateKeyPairSync('rsa', { modulusLength: 2048 }));
    for (const wrong of [
      { classical: postQuantum, postQuantum: classical },
      { classical, postQuantum: classical },
      { classical: rsa, postQuantum },
      { classical: new Uint8Array(0), postQuantum },
    ])
      assert.equal(isRefusal(createHybridKey(wrong)), true);
  });

  it('signs the bytes that are written down', () => {
    const key = keyOf(both);
    const data = Buffer.from(hybridMessage(key, { context: 'ab', message: Buffer.from('c') }));
    const label = 'sallyport/hybrid-signature/v1\n\0';
    assert.equal(data.subarray(0, label.length).toString(), label);
    assert.equal(data.subarray(label.length, label.length + 32).toString('hex'), key.id);
    assert.deepEqual([...data.subarray(label.length + 32)], [2, 0x61, 0x62, 0x63]);
  });

  it('makes halves that verify nothing by themselves', async () => {
    const signature = await signWith(both, context, message);
    const half = signature.subarray(5, 69);
    assert.equal(verify(null, message, both.classical.publicKey, half), false);
  });

  it('throws for a bad context and for callbacks with another key', async () => {
    await assert.rejects(signWith(both, '', message), RangeError);
    await assert.rejects(signWith(both, 'x'.repeat(256), message), RangeError);
    const postQuantum = generateKeyPairSync('ml-dsa-65');
    const other = { ...both, postQuantum, as: keyOf(both) };
    await assert.rejects(signWith(other, context, message), RangeError);
  });
});
