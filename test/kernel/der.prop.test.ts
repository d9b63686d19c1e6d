/** DER on any input: total; on written input: the same values back. */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { type DerReader, derTags, parseDer } from '../../src/kernel/der-reader.ts';
import { derInteger, derOid, derSequence, derTime } from '../../src/kernel/der-writer.ts';
import { isRefusal } from '../../src/kernel/errors.ts';
import { mutants } from './mutations.ts';

/** Descends into everything and decodes every value by its tag. */
const walk = (der: DerReader): number => {
  let count = 0;
  while (!der.isAtEnd) {
    count += 1;
    count += readNext(der, der.peekTag() ?? 0);
  }
  return count;
};

const readNext = (der: DerReader, tag: number): number => {
  switch (tag) {
    case derTags.sequence:
    case derTags.set:
    case 0xa0:
    case 0xa3:
      return walk(der.enter(tag));
    case derTags.integer:
      return der.integer() === 0n ? 0 : 1;
    case derTags.oid:
      return der.oid().length;
    case derTags.bitString:
      return der.bitString().bytes.length;
    case derTags.boolean:
      return der.boolean() ? 1 : 0;
    case derTags.utcTime:
    case derTags.generalizedTime:
      return der.time();
    case derTags.utf8String:
    case derTags.printableString:
      return der.text().length;
    default:
      return der.element().raw.length;
  }
};

test('returns or refuses on 20,000 mutants of real keys', () => {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 1024 });
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const seeds = [
    rsa.publicKey.export({ format: 'der', type: 'spki' }),
    rsa.privateKey.export({ format: 'der', type: 'pkcs1' }),
    ec.privateKey.export({ format: 'der', type: 'pkcs8' }),
    ec.privateKey.export({ format: 'der', type: 'sec1' }),
    derSequence(derTime(0), derTime(Date.UTC(2060, 1, 1)), derOid('2.999.3'), derInteger(-5)),
  ];
  for (const seed of seeds) assert.ok(!isRefusal(parseDer(seed, walk, { what: 'seed' })));
  for (const mutant of mutants(seeds, { count: 20_000 }))
    parseDer(mutant, walk, { what: 'mutant' });
});

test('returns or refuses on arbitrary bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      parseDer(bytes, walk, { what: 'noise' });
    }),
  );
});

test('reads back integers, object identifiers and times', () => {
  const oid = fc
    .tuple(
      fc.nat(2),
      fc.nat(39),
      fc.array(fc.bigInt({ min: 0n, max: 2n ** 120n }), { maxLength: 6 }),
    )
    .map(([root, second, rest]) => [root, second, ...rest].join('.'));
  const second = fc.integer({ min: -30_000_000_000, max: 200_000_000_000 });
  fc.assert(
    fc.property(
      fc.bigInt({ min: -(2n ** 300n), max: 2n ** 300n }),
      oid,
      second,
      (integer, dotted, time) => {
        const values = parseDer(
          derSequence(
            derInteger(integer),
            derOid(dotted),
            derTime(Math.max(time, -631_152_000) * 1000),
          ),
          (der) => {
            const inner = der.sequence();
            return [inner.integer(), inner.oid(), inner.time()];
          },
          { what: 'round trip' },
        );
        assert.deepEqual(values, [integer, dotted, Math.max(time, -631_152_000) * 1000]);
      },
    ),
  );
});
