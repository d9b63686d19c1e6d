/** The grammar of SPIFFE IDs over every byte value, and what is made of IDs. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  isMemberOf,
  isRefusal,
  isWithin,
  orThrow,
  parseSpiffeId,
  parseTrustDomain,
  pathOf,
  spiffeIdOf,
  trustDomainOf,
} from '../../../src/engines/spiffe/index.ts';

const domainLetters = 'abcdefghijklmnopqrstuvwxyz0123456789.-_';
const segmentLetters = `${domainLetters}ABCDEFGHIJKLMNOPQRSTUVWXYZ`;
const isId = (text: string): boolean => !isRefusal(parseSpiffeId(text));
const domain = orThrow(parseTrustDomain('prod.example'));
const id = (text: string) => orThrow(parseSpiffeId(text));

describe('every byte value', () => {
  for (let byte = 0; byte < 256; byte++) {
    const letter = String.fromCharCode(byte);
    const shown = byte.toString(16).padStart(2, '0');
    it(`0x${shown} in a trust domain (ID-04)`, () => {
      const isGood = domainLetters.includes(letter);
      assert.equal(!isRefusal(parseTrustDomain(`a${letter}b`)), isGood);
      // A slash ends the trust domain instead of standing in it.
      assert.equal(isId(`spiffe://a${letter}b`), isGood || letter === '/');
      assert.equal(isId(`spiffe://a${letter}b/x`), isGood || letter === '/');
    });

    it(`0x${shown} in a path segment (ID-11)`, () => {
      const isGood = segmentLetters.includes(letter);
      assert.equal(isId(`spiffe://td/a${letter}b`), isGood || letter === '/');
      assert.equal(isId(`spiffe://td/x/a${letter}b/y`), isGood || letter === '/');
      assert.equal(!isRefusal(spiffeIdOf(domain, `a${letter}b`)), isGood);
    });

    it(`0x${shown} after the prefix as UTF-8 and as latin1`, () => {
      const text = Buffer.of(0x61, byte).toString('utf8');
      const isGood = byte < 128 && segmentLetters.includes(letter);
      assert.equal(isId(`spiffe://td/${text}`), isGood);
    });
  }
});

const cases: readonly (readonly [string, boolean, string])[] = [
  ['ID-01', false, 'SPIFFE://td/a'],
  ['ID-01', false, 'Spiffe://td/a'],
  ['ID-01', false, 'spiffe:/td/a'],
  ['ID-01', false, 'spiffe:td'],
  ['ID-01', false, ' spiffe://td'],
  ['ID-01', false, 'https://td/a'],
  ['ID-02', false, 'spiffe://'],
  ['ID-02', false, 'spiffe:///a'],
  ['ID-03', false, 'spiffe://user@td/a'],
  ['ID-03', false, 'spiffe://@td/a'],
  ['ID-03', false, 'spiffe://td:443/a'],
  ['ID-03', false, 'spiffe://td:/a'],
  ['ID-04', false, 'spiffe://Td/a'],
  ['ID-05', false, 'spiffe://t%64/a'],
  ['ID-06', true, 'spiffe://192.0.2.1/a'],
  ['ID-06', true, 'spiffe://-._/a'],
  ['ID-06', false, 'spiffe://[2001:db8::1]/a'],
  ['ID-07', false, 'spiffe://td/a?'],
  ['ID-07', false, 'spiffe://td/a?b=c'],
  ['ID-07', false, 'spiffe://td#'],
  ['ID-07', false, 'spiffe://td/a#b'],
  ['ID-08', false, 'spiffe://td/%61'],
  ['ID-09', false, 'spiffe://td//a'],
  ['ID-09', false, 'spiffe://td/a//b'],
  ['ID-09', false, 'spiffe://td/./a'],
  ['ID-09', false, 'spiffe://td/a/..'],
  ['ID-09', true, 'spiffe://td/.../..a/a..'],
  ['ID-10', false, 'spiffe://td/'],
  ['ID-10', false, 'spiffe://td/a/'],
  ['ID-11', true, 'spiffe://td/A-z_0.9'],
  ['ID-12', true, `spiffe://td/${'a'.repeat(2048 - 'spiffe://td/'.length)}`],
  ['ID-12', false, `spiffe://td/${'a'.repeat(2049 - 'spiffe://td/'.length)}`],
  ['ID-12', true, `spiffe://${'d'.repeat(255)}/a`],
  ['ID-12', false, `spiffe://${'d'.repeat(256)}/a`],
];

describe('the SPIFFE ID rules', () => {
  for (const [rule, isGood, text] of cases)
    it(`${rule}: ${isGood ? 'takes' : 'refuses'} ${JSON.stringify(text.slice(0, 40))}`, () =>
      assert.equal(isId(text), isGood));

  it('ID-16: paths differ by case', () => {
    assert.notEqual(id('spiffe://td/a'), id('spiffe://td/A'));
    assert.equal(isWithin(id('spiffe://td/A/b'), id('spiffe://td/a')), false);
  });
});

describe('parts of an ID', () => {
  it('come apart and together again', () => {
    for (const text of ['spiffe://prod.example/a/b', 'spiffe://prod.example']) {
      const whole = id(text);
      const segments = pathOf(whole).split('/').slice(1);
      assert.equal(orThrow(spiffeIdOf(trustDomainOf(whole), ...segments)), whole);
    }
    assert.equal(pathOf(id('spiffe://prod.example')), '');
    assert.equal(pathOf(id('spiffe://prod.example/a/b')), '/a/b');
  });

  it('cannot smuggle other segments in', () => {
    for (const segment of ['', '.', '..', 'a/b', '/', 'a?', 'a%2f', 'ä', 'x'.repeat(2048)])
      assert.equal(isRefusal(spiffeIdOf(domain, 'group', segment)), true, segment.slice(0, 9));
  });

  it('tell who belongs to whom, segment by segment', () => {
    const group = id('spiffe://prod.example/job');
    assert.equal(isWithin(id('spiffe://prod.example/job/1'), group), true);
    assert.equal(isWithin(group, group), true);
    assert.equal(isWithin(id('spiffe://prod.example/jobs'), group), false);
    assert.equal(isWithin(id('spiffe://prod.example.evil/job/1'), group), false);
    assert.equal(isWithin(id('spiffe://prod.example.evil/a'), id('spiffe://prod.example')), false);
    assert.equal(isMemberOf(group, domain), true);
    assert.equal(isMemberOf(id('spiffe://prod.example.evil/job'), domain), false);
  });
});
