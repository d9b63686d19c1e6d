/** Name constraints of every form we evaluate, with the openssl command as the second opinion. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { encodePem, validateX509Svid } from '../../../src/engines/pki/index.ts';
import {
  derContext,
  derContextPrimitive,
  derIa5String,
  derOid,
  derPrintableString,
  derSequence,
  derSetOf,
  derUtf8String,
} from '../../../src/kernel/der-writer.ts';
import { isRefusal } from '../../../src/kernel/errors.ts';
import {
  altNames,
  basicConstraints,
  bothPurposes,
  bundleOf,
  dnsName,
  extension,
  forge,
  forgeAuthority,
  leafUsage,
  policyFor,
  uriName,
} from './forge.ts';

/** OpenSSL judges by its own clock, so everything here is valid now. */
const nowMs = Date.now();
const life = { notBeforeMs: nowMs - 3_600_000, notAfterMs: nowMs + 3_600_000 };
const skip = spawnSync('openssl', ['version']).error === undefined ? false : 'no openssl command';

const workload = uriName('spiffe://prod.example/a');
const mail = (text: string): Uint8Array => derContextPrimitive(1, Buffer.from(text));
const ip = (...octets: readonly number[]): Uint8Array =>
  derContextPrimitive(7, Uint8Array.from(octets));
const attribute = (oid: string, value: Uint8Array): Uint8Array =>
  derSetOf(derSequence(derOid(oid), value));
const organization = (text: string) => attribute('2.5.4.10', derUtf8String(text));
const commonName = (text: string) => attribute('2.5.4.3', derUtf8String(text));
const directory = (...relatives: readonly Uint8Array[]): Uint8Array =>
  derContext(4, derSequence(...relatives));

type Case = {
  readonly what: string;
  readonly permitted?: readonly Uint8Array[];
  readonly excluded?: readonly Uint8Array[];
  readonly names?: readonly Uint8Array[];
  readonly subject?: Uint8Array;
  readonly isGood: boolean;
  /** Where openssl thinks otherwise; always where we are stricter. */
  readonly opensslDiffers?: true;
};

const dns = (
  what: string,
  [constraint, name]: readonly [string, string],
  isGood: boolean,
): Case => ({
  what: `DNS ${name}: ${what} ${constraint}`,
  permitted: [dnsName(constraint)],
  names: [dnsName(name)],
  isGood,
});

const cases: readonly Case[] = [
  {
    what: 'no other name than a permitted one',
    permitted: [uriName('prod.example')],
    isGood: true,
  },
  { what: 'a URI outside', permitted: [uriName('test.example')], isGood: false },
  { what: 'a URI below a domain', permitted: [uriName('.example')], isGood: true },
  { what: 'a URI of a longer host', permitted: [uriName('.prod.example')], isGood: false },
  { what: 'a URI excluded', excluded: [uriName('prod.example')], isGood: false },
  { what: 'another URI excluded', excluded: [uriName('test.example')], isGood: true },
  dns('is', ['a.example', 'a.example'], true),
  dns('is below', ['a.example', 'x.y.a.example'], true),
  dns('only ends like', ['a.example', 'ba.example'], false),
  dns('differs by case from', ['A.Example', 'a.eXample'], true),
  dns('is a wildcard below', ['a.example', '*.a.example'], true),
  dns('is a wildcard above', ['b.a.example', '*.a.example'], false),
  dns('is anything for', ['', 'a.example'], true),
  {
    what: 'a wildcard that covers an excluded name',
    excluded: [dnsName('b.a.example')],
    names: [dnsName('*.a.example')],
    isGood: false,
    opensslDiffers: true,
  },
  {
    what: 'a wildcard beside an excluded name',
    excluded: [dnsName('b.c.example')],
    names: [dnsName('*.a.example')],
    isGood: true,
  },
  {
    what: 'an address in the network',
    permitted: [ip(10, 1, 0, 0, 255, 255, 0, 0)],
    names: [ip(10, 1, 2, 3)],
    isGood: true,
  },
  {
    what: 'an address outside the network',
    permitted: [ip(10, 1, 0, 0, 255, 255, 0, 0)],
    names: [ip(10, 2, 2, 3)],
    isGood: false,
  },
  {
    what: 'an IPv6 address under IPv4 networks',
    permitted: [ip(10, 1, 0, 0, 255, 255, 0, 0)],
    names: [ip(...Array<number>(16).fill(0))],
    isGood: false,
  },
  {
    what: 'a mailbox at the host',
    permitted: [mail('a.example')],
    names: [mail('me@A.example')],
    isGood: true,
  },
  {
    what: 'a mailbox at a host below the host',
    permitted: [mail('a.example')],
    names: [mail('me@b.a.example')],
    isGood: false,
  },
  {
    what: 'a mailbox below the domain',
    permitted: [mail('.a.example')],
    names: [mail('me@b.a.example')],
    isGood: true,
  },
  {
    what: 'another mailbox at the host',
    permitted: [mail('you@a.example')],
    names: [mail('me@a.example')],
    isGood: false,
  },
  {
    what: 'a mailbox in the subject, outside',
    permitted: [mail('a.example')],
    subject: derSequence(attribute('1.2.840.113549.1.9.1', derIa5String('me@b.example'))),
    isGood: false,
  },
  {
    what: 'a subject below the permitted name',
    permitted: [directory(organization('Acme'))],
    subject: derSequence(organization('Acme'), commonName('a')),
    isGood: true,
  },
  {
    what: 'a subject below the permitted name in other spelling',
    permitted: [directory(organization('Acme  Corp'))],
    subject: derSequence(attribute('2.5.4.10', derPrintableString('ACME corp')), commonName('a')),
    isGood: true,
  },
  {
    what: 'a subject above the permitted name',
    permitted: [directory(organization('Acme'), commonName('a'))],
    subject: derSequence(organization('Acme')),
    isGood: false,
  },
  {
    what: 'a subject of somebody else',
    permitted: [directory(organization('Acme'))],
    subject: derSequence(organization('Acme2'), commonName('a')),
    isGood: false,
  },
  {
    what: 'a subject below the excluded name in other spelling',
    excluded: [directory(organization('acme'))],
    subject: derSequence(organization(' ACME '), commonName('a')),
    isGood: false,
  },
  {
    what: 'an alternative directory name outside',
    permitted: [directory(organization('Acme'))],
    names: [directory(organization('Evil'))],
    isGood: false,
  },
];

let folder = '';

const constraintsOf = ({ permitted = [], excluded = [] }: Case): Uint8Array => {
  const subtrees = (tag: number, names: readonly Uint8Array[]): readonly Uint8Array[] =>
    names.length === 0 ? [] : [derContext(tag, ...names.map((name) => derSequence(name)))];
  const value = derSequence(...subtrees(0, permitted), ...subtrees(1, excluded));
  return extension('2.5.29.30', value, 'critical');
};

const makeChain = (one: Case) => {
  const root = forgeAuthority({ ...life });
  const middle = forgeAuthority({
    ...life,
    name: 'middle',
    issuer: root,
    more: [constraintsOf(one)],
  });
  const extensions = [
    basicConstraints(false),
    leafUsage,
    bothPurposes,
    altNames([workload, ...(one.names ?? [])]),
  ];
  const subject = one.subject === undefined ? {} : { subject: one.subject };
  return { root, middle, leaf: forge({ ...life, issuer: middle, extensions, ...subject }) };
};

const opensslAccepts = ({ root, middle, leaf }: ReturnType<typeof makeChain>): boolean => {
  for (const [name, { der }] of Object.entries({ root, middle, leaf }))
    writeFileSync(join(folder, `${name}.pem`), encodePem('CERTIFICATE', der));
  const args = 'verify -CAfile root.pem -untrusted middle.pem leaf.pem'.split(' ');
  return spawnSync('openssl', args, { cwd: folder, timeout: 30_000 }).status === 0;
};

describe('name constraints', { skip }, () => {
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'sallyport-names-'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  for (const one of cases)
    it(`${one.isGood ? 'admit' : 'refuse'} ${one.what} (X509-26)`, () => {
      const chain = makeChain(one);
      const { root, middle, leaf } = chain;
      const verdict = validateX509Svid([leaf.der, middle.der], policyFor(bundleOf(root), nowMs));
      assert.equal(
        isRefusal(verdict) ? verdict.data['rule'] : 'accepted',
        one.isGood ? 'accepted' : 'X509-26',
      );
      assert.equal(opensslAccepts(chain), one.opensslDiffers === true ? !one.isGood : one.isGood);
    });
});
