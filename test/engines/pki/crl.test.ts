/** Revocation lists: what is issued is read back, what breaks the standard is refused. */
import assert from 'node:assert/strict';
import { sign } from 'node:crypto';
import { describe, it } from 'node:test';
import {
  type Crl,
  createCrlIssuer,
  encodePem,
  parseCrl,
  parseCrlPem,
  RevocationList,
  type RevokedSerial,
} from '../../../src/engines/pki/index.ts';
import {
  derBitString,
  derBoolean,
  derContext,
  derElement,
  derInteger,
  derOctetString,
  derOid,
  derSequence,
  derTime,
} from '../../../src/kernel/der-writer.ts';
import { isRefusal, orThrow } from '../../../src/kernel/errors.ts';
import { forgeAuthority, keyUsage, basicConstraints, keyUsageBits, nowMs } from './forge.ts';

const root = forgeAuthority();
const middle = forgeAuthority({ name: 'middle', issuer: root, pathLength: 0 });
const issue = createCrlIssuer(middle.certificate, (data) =>
  sign('sha256', data, middle.keys.privateKey),
);
const times = { number: 7, thisUpdateMs: nowMs - 1000, nextUpdateMs: nowMs + 60_000 };

const listOf = (...entries: readonly RevokedSerial[]): RevocationList => {
  const list = new RevocationList();
  for (const entry of entries) assert.equal(list.add(entry), true);
  return list;
};
const crlOf = (...entries: readonly RevokedSerial[]): Crl =>
  orThrow(parseCrl(orThrow(issue(listOf(...entries), times))));

const algorithm = derSequence(derOid('1.2.840.10045.4.3.2'));
const entryOf = (serial: Uint8Array, ...rest: readonly Uint8Array[]): Uint8Array =>
  derSequence(serial, derTime(nowMs), ...rest);
const entryExtension = (oid: string, value: Uint8Array, critical = false): Uint8Array =>
  derSequence(
    derSequence(derOid(oid), ...(critical ? [derBoolean(true)] : []), derOctetString(value)),
  );

type Forged = {
  readonly version?: Uint8Array;
  readonly entries?: readonly Uint8Array[];
  readonly extensions?: readonly Uint8Array[];
  readonly nextUpdate?: readonly Uint8Array[];
};
/** A list as no honest authority would write it, correctly signed. */
const forgeCrl = (forged: Forged): Uint8Array => {
  const { version = derInteger(1), entries, extensions } = forged;
  const body = derSequence(
    version,
    algorithm,
    middle.certificate.subject,
    derTime(nowMs - 1000),
    ...(forged.nextUpdate ?? [derTime(nowMs + 60_000)]),
    ...(entries === undefined ? [] : [derSequence(...entries)]),
    ...(extensions === undefined ? [] : [derContext(0, derSequence(...extensions))]),
  );
  return derSequence(body, algorithm, derBitString(sign('sha256', body, middle.keys.privateKey)));
};

describe('a revocation list', () => {
  it('says again what was put into it', () => {
    const crl = crlOf(
      { serialNumber: '4002', revokedAtMs: nowMs - 5000, reason: 'keyCompromise' },
      { serialNumber: '01', revokedAtMs: nowMs - 6000 },
      { serialNumber: '00ff', revokedAtMs: Date.UTC(2051, 0, 31), reason: 'superseded' },
    );
    assert.equal(crl.size, 3);
    assert.equal(crl.number, 7n);
    assert.deepEqual(crl.find('4002'), { revokedAtMs: nowMs - 5000, reason: 'keyCompromise' });
    assert.deepEqual(crl.find('01'), { revokedAtMs: nowMs - 6000, reason: 'unspecified' });
    assert.deepEqual(crl.find('00ff')?.revokedAtMs, Date.UTC(2051, 0, 31));
    for (const other of ['4003', '02', 'ff', '', '00'.repeat(40)])
      assert.equal(crl.find(other), undefined);
    assert.equal(crl.thisUpdateMs, times.thisUpdateMs);
    assert.equal(crl.nextUpdateMs, times.nextUpdateMs);
  });

  it('may be empty, and then has no list of entries (RFC 5280 section 5.1.2.6)', () => {
    const crl = crlOf();
    assert.equal(crl.size, 0);
    assert.equal(crl.find('01'), undefined);
    assert.equal(crl.isSignedBy(middle.certificate), true);
  });

  it('is signed by its issuer and by nobody else', () => {
    const crl = crlOf({ serialNumber: '01', revokedAtMs: nowMs });
    const twin = forgeAuthority({ name: 'middle', issuer: root, pathLength: 0 });
    assert.equal(crl.isSignedBy(middle.certificate), true);
    assert.equal(crl.isSignedBy(middle.certificate), true, 'remembered');
    assert.equal(crl.isSignedBy(root.certificate), false);
    assert.equal(crl.isSignedBy(twin.certificate), false, 'the same name, another key');
  });

  it('is not signed when a single bit of the signed part or the signature changed', () => {
    const der = orThrow(issue(listOf({ serialNumber: '4001', revokedAtMs: nowMs }), times));
    let looked = 0;
    for (let at = 0; at < der.length; at++) {
      const changed = Uint8Array.from(der);
      changed[at] = (changed[at] ?? 0) ^ 1;
      const crl = parseCrl(changed);
      if (isRefusal(crl)) continue;
      looked += 1;
      assert.equal(crl.isSignedBy(middle.certificate), false, `byte ${at}`);
    }
    assert.ok(looked > 50);
  });

  it('is refused from an authority that may not sign lists', () => {
    const extensions = [basicConstraints(true), keyUsage([keyUsageBits.keyCertSign])];
    const mute = forgeAuthority({ name: 'middle', keys: middle.keys, extensions });
    assert.equal(crlOf().isSignedBy(mute.certificate), false);
    const issued = createCrlIssuer(mute.certificate, () => new Uint8Array(8))(listOf(), times);
    assert.equal(isRefusal(issued) && issued.error.code, 'E_PKI_REQUEST');
  });
});

describe('a foreign revocation list', () => {
  it('is read with entries of any order and shape', () => {
    const crl = orThrow(
      parseCrl(
        forgeCrl({
          entries: [
            entryOf(derInteger(900)),
            entryOf(derInteger(5), entryExtension('2.5.29.24', derTime(nowMs))),
            entryOf(derInteger(70), entryExtension('1.2.3', new Uint8Array(200))),
            derSequence(derInteger(6), derTime(Date.UTC(2024, 1, 29))),
          ],
        }),
      ),
    );
    assert.equal(crl.size, 4);
    assert.deepEqual(crl.unknownCritical, []);
    for (const serial of ['0384', '05', '46', '06'])
      assert.notEqual(crl.find(serial), undefined, serial);
    assert.equal(crl.find('06')?.revokedAtMs, Date.UTC(2024, 1, 29));
    assert.equal(crl.find('07'), undefined);
  });

  it('has its unknown critical extensions named, of the list and of entries', () => {
    const indirect = derSequence(
      derOid('2.5.29.28'),
      derBoolean(true),
      derOctetString(derSequence()),
    );
    const crl = orThrow(
      parseCrl(
        forgeCrl({
          entries: [entryOf(derInteger(5), entryExtension('2.5.29.29', derSequence(), true))],
          extensions: [indirect],
        }),
      ),
    );
    assert.deepEqual(crl.unknownCritical, ['2.5.29.28', '2.5.29.29']);
  });

  it('passes through PEM', () => {
    const der = orThrow(issue(listOf(), times));
    assert.equal(orThrow(parseCrlPem(encodePem('X509 CRL', der))).size, 0);
    assert.equal(isRefusal(parseCrlPem(encodePem('CERTIFICATE', der))), true);
  });
});

const reason = (value: Uint8Array): Uint8Array => entryExtension('2.5.29.21', value);
const enumerated = (value: number): Uint8Array => derElement(0x0a, Uint8Array.of(value));
const number = (value: Uint8Array): Uint8Array =>
  derSequence(derOid('2.5.29.20'), derOctetString(value));

const badLists: readonly (readonly [string, Forged])[] = [
  ['version 1', { version: derInteger(0) }],
  ['version 3', { version: derInteger(2) }],
  ['a negative serial number', { entries: [entryOf(derInteger(-5))] }],
  ['a serial number of 21 octets', { entries: [entryOf(derInteger(1n << 160n))] }],
  ['a serial number that is not minimal', { entries: [entryOf(Uint8Array.of(2, 2, 0, 5))] }],
  ['an entry without date', { entries: [derSequence(derInteger(5))] }],
  [
    'a date that is in no calendar',
    { entries: [derSequence(derInteger(5), derElement(0x17, Buffer.from('260230000000Z')))] },
  ],
  [
    'a date of letters',
    { entries: [derSequence(derInteger(5), derElement(0x17, Buffer.from('9x0201000000Z')))] },
  ],
  ['an unknown reason', { entries: [entryOf(derInteger(5), reason(enumerated(7)))] }],
  ['removeFromCRL', { entries: [entryOf(derInteger(5), reason(enumerated(8)))] }],
  ['a reason that is no ENUMERATED', { entries: [entryOf(derInteger(5), reason(derInteger(1)))] }],
  [
    'something behind the extensions of an entry',
    { entries: [entryOf(derInteger(5), reason(enumerated(1)), derInteger(1))] },
  ],
  ['a negative CRL number', { extensions: [number(derInteger(-1))] }],
  ['an endless CRL number', { extensions: [number(derInteger(1n << 200n))] }],
  ['the same extension twice', { extensions: [number(derInteger(1)), number(derInteger(1))] }],
  ['two next updates', { nextUpdate: [derTime(nowMs), derTime(nowMs)] }],
];

describe('a list is refused with', () => {
  for (const [what, forged] of badLists)
    it(what, () => {
      const crl = parseCrl(forgeCrl(forged));
      assert.equal(isRefusal(crl) && crl.error.code, 'E_PKI_MALFORMED');
    });

  it('bytes behind it, and with bytes missing', () => {
    const der = forgeCrl({ entries: [entryOf(derInteger(5))] });
    assert.equal(isRefusal(parseCrl(Buffer.concat([der, Uint8Array.of(0)]))), true);
    for (let size = 0; size < der.length; size++)
      assert.equal(isRefusal(parseCrl(der.subarray(0, size))), true);
  });
});

describe('the set behind a list', () => {
  it('keeps the first date and reason of a serial number', () => {
    const list = listOf({ serialNumber: '05', revokedAtMs: nowMs, reason: 'superseded' });
    assert.equal(list.add({ serialNumber: '05', revokedAtMs: 0 }), false);
    list.encoded();
    assert.equal(list.add({ serialNumber: '05', revokedAtMs: 0 }), false);
    assert.equal(list.size, 1);
    assert.equal(list.has('05'), true);
    assert.equal(list.has('06'), false);
  });

  it('refuses what is no serial number, no date, and removal', () => {
    const list = new RevocationList();
    const bad = ['', '5', 'zz', '0005', '80', '0A', '05'.repeat(21)];
    for (const serialNumber of bad)
      assert.equal(isRefusal(list.add({ serialNumber, revokedAtMs: nowMs })), true, serialNumber);
    for (const revokedAtMs of [Number.NaN, 9e15, Date.UTC(1949, 0)])
      assert.equal(isRefusal(list.add({ serialNumber: '05', revokedAtMs })), true);
    const removal = { serialNumber: '05', revokedAtMs: nowMs, reason: 'removeFromCrl' } as const;
    assert.equal(isRefusal(list.add(removal)), true);
    assert.equal(list.size, 0);
  });

  it('forgets entries when their time has come', () => {
    const list = listOf(
      { serialNumber: '01', revokedAtMs: nowMs, forgetAfterMs: nowMs + 1 },
      { serialNumber: '02', revokedAtMs: nowMs },
      { serialNumber: '03', revokedAtMs: nowMs, forgetAfterMs: nowMs },
      { serialNumber: '04', revokedAtMs: nowMs, forgetAfterMs: nowMs + 5 },
    );
    assert.equal(list.forget(nowMs), 1);
    assert.equal(list.forget(nowMs + 4), 1);
    const crl = orThrow(parseCrl(orThrow(issue(list, times))));
    assert.deepEqual(
      ['01', '02', '03', '04'].map((serial) => crl.find(serial) !== undefined),
      [false, true, false, true],
    );
    assert.equal(list.forget(nowMs + 5), 1);
    assert.equal(list.size, 1);
  });

  it('issues no list with a bad number or without time between the updates', () => {
    for (const bad of [
      { ...times, number: -1 },
      { ...times, number: 1.5 },
      { ...times, number: 1n << 160n },
      { ...times, nextUpdateMs: times.thisUpdateMs },
      { ...times, nextUpdateMs: Number.NaN },
    ])
      assert.equal(isRefusal(issue(new RevocationList(), bad)), true);
  });
});
