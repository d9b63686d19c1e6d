/** Extension types: what is read, what is refused, and the laws they keep. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  durationSince,
  formatDatetime,
  offsetDatetime,
  parseDatetime,
  toDate,
  toTime,
} from '../../../../src/engines/cedar/values/datetime.ts';
import { formatDecimal, parseDecimal } from '../../../../src/engines/cedar/values/decimal.ts';
import { formatDuration, parseDuration } from '../../../../src/engines/cedar/values/duration.ts';
import { equalValues } from '../../../../src/engines/cedar/values/equality.ts';
import { formatIp, isInRange, parseIp } from '../../../../src/engines/cedar/values/ipaddr.ts';
import {
  addLongs,
  divideLong,
  floorRemainder,
  multiplyLongs,
  subtractLongs,
  toLong,
} from '../../../../src/engines/cedar/values/long.ts';
import { isFailure, type Long } from '../../../../src/engines/cedar/values/value.ts';

const max = 2n ** 63n - 1n;
const min = -(2n ** 63n);

const readings = [
  {
    name: 'decimal',
    read: (text: string) => {
      const value = parseDecimal(text);
      return isFailure(value) ? undefined : value.units;
    },
    accepted: [
      ['1.0', 10_000],
      ['-0.5', -5000],
      ['00001.0', 10_000],
      ['-0.0', 0],
      ['1.2345', 12_345],
      ['922337203685477.5807', max],
      ['-922337203685477.5808', min],
      ['0000000000000000000000000000000000001.5', 15_000],
    ],
    refused: [
      '1',
      '1.',
      '.5',
      '1.00000',
      '+1.0',
      '--1.0',
      '1.5 ',
      '1,5',
      '',
      '٣.5',
      '1.5.5',
    ].concat(['922337203685477.5808', '-922337203685477.5809', '9223372036854775808.0']),
  },
  {
    name: 'datetime',
    read: (text: string) => {
      const value = parseDatetime(text);
      return isFailure(value) ? undefined : value.ms;
    },
    accepted: [
      ['1970-01-01', 0],
      ['2024-02-29', Date.UTC(2024, 1, 29)],
      ['0000-01-01', -62_167_219_200_000],
      ['1970-01-01T00:00:01Z', 1000],
      ['1970-01-01T00:00:00.001Z', 1],
      ['1970-01-01T01:00:00+0100', 0],
      ['1970-01-01T00:00:00-2359', 86_340_000],
      ['9999-12-31T23:59:59.999Z', 253_402_300_799_999],
    ],
    refused: ['2023-02-29', '2024-13-01', '2024-00-01', '2024-01-00', '2024-1-1', '10000-01-01']
      .concat(['2024-01-01T24:00:00Z', '2024-01-01T23:59:60Z', '2024-01-01T00:00:00'])
      .concat(['2024-01-01T00:00:00.1Z', '2024-01-01T00:00:00+2400', '2024-01-01T00:00:00+0060'])
      .concat([
        '2024-01-01T00:00:00+00:00',
        '2024-01-01t00:00:00z',
        '2024-01-01Z',
        '',
        '-2024-01-01',
      ])
      .concat(['2024-01-01T00:00Z', ' 2024-01-01', '2024-01-01\n']),
  },
  {
    name: 'duration',
    read: (text: string) => {
      const value = parseDuration(text);
      return isFailure(value) ? undefined : value.ms;
    },
    accepted: [
      ['1d', 86_400_000],
      ['1d2h3m4s5ms', 93_784_005],
      ['-1d', -86_400_000],
      ['0ms', 0],
      ['-0d', 0],
      ['00d', 0],
      ['9223372036854775807ms', max],
      ['-9223372036854775808ms', min],
      ['-106751991167d7h12m55s808ms', min],
    ],
    refused: ['', '-', '1', '1h1d', '1d1d', '+1d', '--1d', '1.5s', '1D', '1 d', 'd', '1d-']
      .concat(['9223372036854775808ms', '-9223372036854775809ms', '106751991168d'])
      .concat(['106751991167d7h12m55s808ms', '99999999999999999999999d']),
  },
  {
    name: 'ip',
    read: (text: string) => {
      const value = parseIp(text);
      return isFailure(value) ? undefined : formatIp(value);
    },
    accepted: [
      ['1.2.3.4', '1.2.3.4'],
      ['1.2.3.4/32', '1.2.3.4'],
      ['10.0.0.5/24', '10.0.0.5/24'],
      ['0.0.0.0/0', '0.0.0.0/0'],
      ['::', '0:0:0:0:0:0:0:0'],
      ['::1/128', '0:0:0:0:0:0:0:1'],
      ['FFFF::', 'ffff:0:0:0:0:0:0:0'],
      ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
      ['::2:3:4:5:6:7:8', '0:2:3:4:5:6:7:8'],
      ['fe80::1/64', 'fe80:0:0:0:0:0:0:1/64'],
    ],
    refused: ['', '1.2.3', '1.2.3.4.5', '01.2.3.4', '256.1.1.1', '1.2.3.4/33', '1.2.3.4/00']
      .concat([
        '1.2.3.4/01',
        '1.2.3.4/',
        '1.2.3.4/+1',
        '/8',
        '1.2.3.4/8/8',
        '0x1.1.1.1',
        '1.2.3.4 ',
      ])
      .concat(['1::2::3', '1:2:3:4:5:6:7:8::', '1::2:3:4:5:6:7:8', '::ffff:1.2.3.4', '::1%1'])
      .concat(['12345::', '::/129', '::/0128', ':::', ':', '1:2:3:4:5:6:7', 'g::']),
  },
] as const;

for (const { name, read, accepted, refused } of readings) {
  describe(name, () => {
    for (const [text, value] of accepted)
      it(`reads ${text}`, () => assert.equal(read(text), value));
    for (const text of refused)
      it(`refuses ${JSON.stringify(text)}`, () => assert.equal(read(text), undefined));
  });
}

const long = fc
  .oneof(
    fc.bigInt({ min, max }),
    fc.bigInt({ min: -(2n ** 54n), max: 2n ** 54n }),
    fc.bigInt({ min: -9n, max: 9n }),
  )
  .map((value) => toLong(value) as Long);

describe('Longs', () => {
  it('compute as integers do, or not at all beyond 64 bits', () => {
    fc.assert(
      fc.property(long, long, (a, b) => {
        const [x, y] = [BigInt(a), BigInt(b)];
        assert.equal(addLongs(a, b), toLong(x + y));
        assert.equal(subtractLongs(a, b), toLong(x - y));
        assert.equal(multiplyLongs(a, b), toLong(x * y));
        assert.equal(a < b, x < y);
        assert.equal(a === b, x === y);
      }),
      { numRuns: 2000 },
    );
  });

  it('divide towards zero and leave remainders that are not negative', () => {
    fc.assert(
      fc.property(long, fc.integer({ min: 1, max: 86_400_000 }), (a, by) => {
        assert.equal(divideLong(a, by), toLong(BigInt(a) / BigInt(by)));
        const rest = floorRemainder(a, by);
        assert.ok(rest >= 0 && rest < by);
        assert.equal((BigInt(a) - BigInt(rest)) % BigInt(by), 0n);
      }),
    );
  });
});

describe('extension values', () => {
  it('are read back from what they are written as', () => {
    fc.assert(
      fc.property(long, (units) => {
        const decimal = { kind: 'decimal', units } as const;
        assert.deepEqual(parseDecimal(formatDecimal(decimal)), decimal);
        const duration = { kind: 'duration', ms: units } as const;
        assert.deepEqual(parseDuration(formatDuration(duration)), duration);
        const datetime = { kind: 'datetime', ms: units } as const;
        const text = formatDatetime(datetime);
        if (text !== undefined) assert.deepEqual(parseDatetime(text), datetime);
      }),
    );
  });

  it('split an instant into its day and its time of day', () => {
    fc.assert(
      fc.property(long, (ms) => {
        const at = { kind: 'datetime', ms } as const;
        const day = toDate(at);
        if (day === undefined) return;
        assert.equal(floorRemainder(day.ms, 86_400_000), 0);
        assert.deepEqual(offsetDatetime(day, toTime(at)), at);
        assert.deepEqual(durationSince(at, day), toTime(at));
      }),
    );
  });

  it('put an address into every range around it, and into no other version', () => {
    const address = fc.integer({ min: 0, max: 2 ** 32 - 1 });
    fc.assert(
      fc.property(address, fc.integer({ min: 0, max: 32 }), address, (host, prefix, other) => {
        const text = (value: number): string =>
          [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.');
        const single = parseIp(text(host));
        const range = parseIp(`${text(host)}/${prefix}`);
        const elsewhere = parseIp(text(other));
        const v6 = parseIp('::/0');
        assert.ok(
          !isFailure(single) && !isFailure(range) && !isFailure(elsewhere) && !isFailure(v6),
        );
        assert.ok(isInRange(single, range));
        assert.ok(!isInRange(single, v6));
        const shift = 32 - prefix;
        const isInside = Math.floor(other / 2 ** shift) === Math.floor(host / 2 ** shift);
        assert.equal(isInRange(elsewhere, range), isInside);
        assert.equal(equalValues(single, range), prefix === 32);
      }),
    );
  });
});
