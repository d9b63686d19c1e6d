/** Revocation lists against a plain set: any serial numbers, added and forgotten in any order. */
import assert from 'node:assert/strict';
import { sign } from 'node:crypto';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { createCrlIssuer, parseCrl, RevocationList } from '../../../src/engines/pki/index.ts';
import { orThrow } from '../../../src/kernel/errors.ts';
import { forgeAuthority, nowMs } from './forge.ts';

const root = forgeAuthority();
const issue = createCrlIssuer(root.certificate, (data) =>
  sign('sha256', data, root.keys.privateKey),
);
const times = { number: 1, thisUpdateMs: nowMs, nextUpdateMs: nowMs + 60_000 };

const serialNumber = fc.bigInt({ min: 0n, max: (1n << 159n) - 1n }).map((value) => {
  const hex = value.toString(16);
  const even = hex.length % 2 === 0 ? hex : `0${hex}`;
  return Number.parseInt(even.slice(0, 2), 16) >= 0x80 ? `00${even}` : even;
});
const step = fc.oneof(
  { weight: 9, arbitrary: fc.record({ serialNumber, lifeMs: fc.nat(100) }) },
  { weight: 1, arbitrary: fc.record({ forgetMs: fc.nat(100) }) },
);

describe('a revocation list', () => {
  it('holds exactly what a plain set holds', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.array(serialNumber), (steps, others) => {
        const list = new RevocationList();
        const model = new Map<string, number>();
        for (const one of steps) {
          if ('forgetMs' in one) {
            const gone = [...model].filter(([, at]) => at <= nowMs + one.forgetMs);
            for (const [serial] of gone) model.delete(serial);
            assert.equal(list.forget(nowMs + one.forgetMs), gone.length);
            continue;
          }
          const forgetAfterMs = nowMs + one.lifeMs;
          const added = list.add({
            serialNumber: one.serialNumber,
            revokedAtMs: nowMs,
            forgetAfterMs,
          });
          assert.equal(added, !model.has(one.serialNumber));
          if (added) model.set(one.serialNumber, forgetAfterMs);
        }
        const crl = orThrow(parseCrl(orThrow(issue(list, times))));
        assert.equal(crl.size, model.size);
        for (const serial of model.keys()) assert.notEqual(crl.find(serial), undefined);
        for (const serial of others)
          assert.equal(crl.find(serial) !== undefined, model.has(serial));
      }),
      { numRuns: 150 },
    );
  });
});
