/** ID-01 to ID-16: the grammar against our parser, the rest against what the socket hands out. */
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { parseSpiffeId } from '../../../../src/kernel/ids.ts';
import { splitDer, urisOf } from '../client/der.ts';
import { jwtRequest, paths } from '../client/workload-messages.ts';
import type { Check } from '../types.ts';
import { judged, type Sample } from './judged.ts';
import { fetchX509, withClient } from './fetch.ts';

const samples = (texts: readonly string[]): readonly Sample[] =>
  texts.map((text) => [JSON.stringify(text.slice(0, 60)), () => parseSpiffeId(text)]);

const grammar = (
  rule: string,
  title: string,
  texts: { readonly good: readonly string[]; readonly bad: readonly string[] },
): Check => judged(rule, title, { good: samples(texts.good), bad: samples(texts.bad) });

const allBytes = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code));
const split = (allowed: RegExp, make: (character: string) => string) => ({
  good: allBytes.filter((one) => allowed.test(one)).map(make),
  bad: allBytes.filter((one) => !allowed.test(one)).map(make),
});

const ofLength = (length: number): string => `spiffe://td/${'a'.repeat(length - 12)}`;

const grammarChecks: readonly Check[] = [
  grammar('ID-01', 'accepts the scheme spiffe only', {
    good: ['spiffe://td/a'],
    bad: ['http://td/a', 'SPIFFE://td/a', 'spiffe:/td/a', 'spiffe:td/a', '//td/a', 'td/a', ''],
  }),
  grammar('ID-02', 'refuses an empty trust domain', {
    good: ['spiffe://t/a'],
    bad: ['spiffe://', 'spiffe:///', 'spiffe:///a'],
  }),
  grammar('ID-03', 'refuses userinfo and ports, even empty ones', {
    good: ['spiffe://td/a'],
    bad: ['u@td/a', 'u:p@td/a', '@td/a', 'td:80/a', 'td:/a'].map((rest) => `spiffe://${rest}`),
  }),
  grammar(
    'ID-04',
    'judges all 256 byte values in a trust domain',
    // A slash ends the trust domain, so it is judged by ID-02 and ID-10.
    {
      good: split(/[a-z0-9._-]/, (one) => `spiffe://a${one}b/x`).good,
      bad: split(/[a-z0-9._/-]/, (one) => `spiffe://a${one}b/x`).bad,
    },
  ),
  grammar('ID-05', 'refuses percent signs in a trust domain', {
    good: ['spiffe://td/a'],
    bad: ['spiffe://%74d/a', 'spiffe://td%2e/a', 'spiffe://%/a'],
  }),
  grammar('ID-06', 'treats names and addresses alike', {
    good: ['spiffe://1.2.3.4/a', 'spiffe://a.example/a', 'spiffe://-_./a', 'spiffe://999.1/a'],
    bad: ['spiffe://[::1]/a', 'spiffe://::1/a'],
  }),
  grammar('ID-07', 'refuses queries and fragments, even empty ones', {
    good: ['spiffe://td/a'],
    bad: ['/a?q=1', '/a?', '/a#f', '/a#', '?', '#'].map((rest) => `spiffe://td${rest}`),
  }),
  grammar('ID-08', 'refuses percent signs in the path', {
    good: ['spiffe://td/A'],
    bad: ['spiffe://td/%41', 'spiffe://td/a%2fb', 'spiffe://td/%'],
  }),
  grammar('ID-09', 'refuses empty, dot and dot-dot segments', {
    good: ['spiffe://td/...', 'spiffe://td/.a', 'spiffe://td/a..'],
    bad: ['//a', '/a//b', '/.', '/..', '/a/./b', '/a/../b'].map((rest) => `spiffe://td${rest}`),
  }),
  grammar('ID-10', 'refuses a trailing slash', {
    good: ['spiffe://td', 'spiffe://td/a'],
    bad: ['spiffe://td/', 'spiffe://td/a/', 'spiffe://td/a/b/'],
  }),
  grammar('ID-11', 'judges all 256 byte values in a segment', {
    good: split(/[A-Za-z0-9._-]/, (one) => `spiffe://td/a${one}b`).good,
    bad: split(/[A-Za-z0-9._/-]/, (one) => `spiffe://td/a${one}b`).bad,
  }),
  grammar('ID-12', 'accepts 2048 bytes and a trust domain of 255, and no more', {
    good: [ofLength(2048), `spiffe://${'a'.repeat(255)}/b`],
    bad: [ofLength(2049), `spiffe://${'a'.repeat(256)}/b`],
  }),
];

const swapCase = (path: string): string =>
  path.replace(/[a-zA-Z]/g, (one) =>
    one === one.toLowerCase() ? one.toUpperCase() : one.toLowerCase(),
  );

export const idChecks: readonly Check[] = [
  ...grammarChecks,
  {
    rule: 'ID-13',
    title: 'hands out at least one authority whose ID, if any, is the trust domain',
    needs: 'socket',
    run: async (target) => {
      const { svids } = await fetchX509(target);
      for (const { bundle, spiffeId } of svids) {
        const authorities = splitDer(bundle);
        assert.ok(authorities.length > 0, 'empty bundle');
        const domain = spiffeId.split('/').slice(0, 3).join('/');
        for (const authority of authorities)
          for (const uri of urisOf(authority)) assert.equal(uri, domain);
      }
    },
  },
  {
    rule: 'ID-14',
    title: 'signs ID and key: a changed letter breaks the signature',
    needs: 'socket',
    run: async (target) => {
      const { svids } = await fetchX509(target);
      const [svid] = svids;
      assert.ok(svid);
      const chain = splitDer(svid.chain).map(({ raw }) => raw);
      const candidates = [...chain.slice(1), ...splitDer(svid.bundle).map(({ raw }) => raw)];
      const [leaf = Buffer.alloc(0)] = chain;
      const changed = Buffer.from(leaf);
      const at = changed.indexOf(svid.spiffeId, 0, 'latin1') + svid.spiffeId.length - 1;
      changed[at] = (changed[at] ?? 0) === 0x61 ? 0x62 : 0x61;
      const isSigned = (der: Buffer): boolean =>
        candidates.some((raw) =>
          new X509Certificate(der).verify(new X509Certificate(raw).publicKey),
        );
      assert.ok(isSigned(leaf), 'the leaf is not signed by its issuer');
      assert.ok(!isSigned(changed), 'the ID is outside of the signed part');
    },
  },
  {
    rule: 'ID-16',
    title: 'does not take a path in the other case for the same identity',
    needs: 'socket',
    run: (target) =>
      withClient(target, async (client) => {
        const { svids } = await fetchX509(target);
        const own = svids[0]?.spiffeId ?? '';
        const start = own.indexOf('/', 'spiffe://'.length);
        const other = own.slice(0, start) + swapCase(own.slice(start));
        assert.notEqual(other, own);
        const same = await client.unary(paths.jwt, jwtRequest(['a'], own));
        assert.equal(same.code, 'OK');
        const answer = await client.unary(paths.jwt, jwtRequest(['a'], other));
        assert.equal(answer.code, 'PERMISSION_DENIED');
      }),
  },
];
