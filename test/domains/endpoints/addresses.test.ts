/** Which addresses and URLs an upstream may have, and what a DNS answer may say. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type AddressClass,
  allowedClasses,
  classifyAddress,
  parseUpstream,
  pinnedLookup,
  type ResolvedAddress,
  type Upstream,
} from '../../../src/domains/endpoints/index.ts';
import { isRefusal, SallyportError } from '../../../src/kernel/errors.ts';

const cases: readonly (readonly [string, AddressClass])[] = [
  ['8.8.8.8', 'public'],
  ['10.1.2.3', 'private'],
  ['172.16.0.1', 'private'],
  ['172.32.0.1', 'public'],
  ['192.168.1.1', 'private'],
  ['100.64.0.1', 'private'],
  ['100.128.0.1', 'public'],
  ['127.0.0.1', 'loopback'],
  ['127.255.255.254', 'loopback'],
  ['0.0.0.0', 'forbidden'],
  ['169.254.169.254', 'forbidden'],
  ['169.254.0.1', 'forbidden'],
  ['100.100.100.200', 'forbidden'],
  ['168.63.129.16', 'forbidden'],
  ['192.0.0.192', 'forbidden'],
  ['224.0.0.1', 'forbidden'],
  ['255.255.255.255', 'forbidden'],
  ['::1', 'loopback'],
  ['::', 'forbidden'],
  ['::ffff:127.0.0.1', 'loopback'],
  ['::ffff:169.254.169.254', 'forbidden'],
  ['::ffff:a9fe:a9fe', 'forbidden'],
  ['::ffff:10.0.0.1', 'private'],
  ['::127.0.0.1', 'forbidden'],
  ['64:ff9b::a9fe:a9fe', 'forbidden'],
  ['64:ff9b::808:808', 'public'],
  ['2002:a9fe:a9fe::1', 'forbidden'],
  ['2002:7f00:1::', 'loopback'],
  ['2001::1', 'forbidden'],
  ['2001:db8::1', 'forbidden'],
  ['2606:4700:4700::1111', 'public'],
  ['fe80::1', 'forbidden'],
  ['fe80::1%eth0', 'forbidden'],
  ['fec0::1', 'forbidden'],
  ['fd12:3456::1', 'private'],
  ['fd00:ec2::254', 'forbidden'],
  ['fd20:ce::254', 'forbidden'],
  ['ff02::1', 'forbidden'],
  ['100::1', 'forbidden'],
  ['2130706433', 'forbidden'],
  ['0x7f.1', 'forbidden'],
  ['0177.0.0.1', 'forbidden'],
  ['example.com', 'forbidden'],
  ['', 'forbidden'],
];

describe('addresses of upstreams', () => {
  for (const [address, expected] of cases)
    it(`puts ${JSON.stringify(address)} into ${expected}`, () =>
      assert.equal(classifyAddress(address), expected));
});

const open = { allowPrivate: true };
const shut = { allowPrivate: false };

describe('upstream URLs', () => {
  const refused: readonly (readonly [string, string])[] = [
    ['ftp://example.com', 'another scheme'],
    ['http://user:pass@example.com', 'credentials'],
    ['http://user@example.com', 'a user'],
    ['http://example.com/?a=1', 'a query'],
    ['http://example.com/#x', 'a fragment'],
    ['http://2130706433/', 'a dword address'],
    ['http://0x7f.0.0.1/', 'a hex address'],
    ['http://0177.0.0.1/', 'an octal address'],
    ['http://127.1/', 'a short address'],
    ['http://127.0.0.1./', 'a trailing dot'],
    ['http://EXAMPLE.com/', 'upper case'],
    ['http://ex%61mple.com/', 'a percent-encoded host'],
    ['http://exämple.com/', 'a host that is not ASCII'],
    ['http://example.com/a/../b', 'a path with dots'],
    ['http://example.com//b', 'an empty segment'],
    ['http://example.com/%2e%2e/', 'an escaped path'],
    ['http://example.com\\@evil.com/', 'a backslash'],
    ['http:///x', 'no host'],
    ['http://exa mple.com/', 'a space'],
    ['http://169.254.169.254/latest', 'the metadata service'],
    ['http://[fe80::1]/', 'a link-local address'],
    ['http://[::ffff:169.254.169.254]/', 'a mapped metadata address'],
    ['http://[::ffff:a9fe:a9fe]/', 'a mapped metadata address in hex'],
    ['https://0.0.0.0/', 'the unspecified address'],
  ];
  for (const [url, why] of refused)
    it(`refuses ${why}`, () => assert.ok(isRefusal(parseUpstream(url, open)), url));

  it('accepts a name with a base path and drops the last slash', () => {
    const upstream = parseUpstream('https://api.example.com/v1/', open);
    assert.deepEqual(upstream, {
      origin: 'https://api.example.com',
      isSecure: true,
      hostname: 'api.example.com',
      port: 443,
      basePath: '/v1',
    });
  });

  it('allows explicit private and loopback addresses only when the operator does', () => {
    for (const url of [
      'http://127.0.0.1:8000',
      'http://10.0.0.5',
      'http://[::1]:9',
      'http://localhost',
    ]) {
      assert.ok(!isRefusal(parseUpstream(url, open)), url);
      assert.ok(isRefusal(parseUpstream(url, shut)), url);
    }
  });
});

const named = parseUpstream('https://model.example.com', open) as Upstream;
const localhost = parseUpstream('http://localhost', open) as Upstream;

const resolveWith = (
  upstream: Upstream,
  network: 'public' | 'private',
  addresses: readonly string[],
): Promise<ResolvedAddress[] | Error> =>
  new Promise((resolve) => {
    const lookup = pinnedLookup(
      allowedClasses(upstream, network === 'private', open),
      (_host, done) =>
        done(
          null,
          addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
        ),
    );
    lookup(upstream.hostname, { all: true }, (error, found) =>
      resolve(error ?? (found as unknown as ResolvedAddress[])),
    );
  });

describe('DNS answers', () => {
  it('pins a public answer', async () => {
    assert.deepEqual(await resolveWith(named, 'public', ['8.8.8.8']), [
      { address: '8.8.8.8', family: 4 },
    ]);
  });
  const refused: readonly (readonly [string, Upstream, 'public' | 'private', string[]])[] = [
    ['a private answer for a public endpoint', named, 'public', ['10.0.0.1']],
    ['a loopback answer for a public endpoint', named, 'public', ['127.0.0.1']],
    ['a mixed answer, as rebinding gives', named, 'public', ['8.8.8.8', '127.0.0.1']],
    ['a metadata answer even on a private network', named, 'private', ['169.254.169.254']],
    ['a mapped metadata answer', named, 'private', ['::ffff:169.254.169.254']],
    ['an empty answer', named, 'private', []],
    ['a localhost that is elsewhere', localhost, 'private', ['8.8.8.8']],
  ];
  for (const [what, upstream, network, addresses] of refused)
    it(`refuses ${what}`, async () => {
      const error = await resolveWith(upstream, network, addresses);
      assert.ok(error instanceof SallyportError);
      assert.equal(error.code, 'E_EGRESS_FORBIDDEN');
    });
  it('accepts a private answer for an endpoint registered on a private network', async () => {
    assert.ok(Array.isArray(await resolveWith(named, 'private', ['10.0.0.1'])));
  });
});
