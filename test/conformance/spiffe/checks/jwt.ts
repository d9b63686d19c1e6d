/** JWT-01 to JWT-18: tokens from the socket, then our validator with tokens of any shape. */
import assert from 'node:assert/strict';
import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import { signJose, verifyJwtSvid } from '../../../../src/engines/pki/index.ts';
import { encodeBase64Url } from '../../../../src/kernel/base64url.ts';
import { nowMs, trustDomain } from '../../../engines/pki/forge.ts';
import type { Check, Target } from '../types.ts';
import {
  asRecord,
  fetchJwt,
  fetchJwtBundles,
  joseAlgorithms,
  readKeys,
  readToken,
} from './fetch.ts';
import { judged, type Sample } from './judged.ts';

type Token = ReturnType<typeof readToken> & { readonly spiffeId: string; readonly text: string };

const onTokens = (rule: string, title: string, judge: (token: Token) => void): Check => ({
  rule,
  title,
  needs: 'socket',
  run: async (target) => {
    const svids = await fetchJwt(target, ['test']);
    assert.ok(svids.length > 0);
    for (const { svid, spiffeId } of svids) judge({ ...readToken(svid), spiffeId, text: svid });
  },
});

const onKeys = (
  rule: string,
  title: string,
  judge: (key: Readonly<Record<string, unknown>>) => void,
): Check => ({
  rule,
  title,
  needs: 'socket',
  run: async (target) => {
    for (const document of (await fetchJwtBundles(target)).values())
      for (const key of readKeys(document)) judge(key);
  },
});

/** The signature holds under the published key with the token's kid; ES256 and RS256 suffice here. */
const verifiesUnderBundle = async (target: Target): Promise<void> => {
  const bundles = await fetchJwtBundles(target);
  const [issued] = await fetchJwt(target, ['test']);
  assert.ok(issued);
  const { spiffeId, svid } = issued;
  const { header, signature } = readToken(svid);
  const document = bundles.get(spiffeId.split('/').slice(0, 3).join('/'));
  assert.ok(document, 'no bundle for the trust domain of sub');
  const jwk = readKeys(document).find(({ kid }) => kid === header['kid']);
  assert.ok(jwk, 'the signing key is not published');
  const key = createPublicKey({ key: jwk, format: 'jwk' });
  const alg = String(header['alg']);
  if (alg.startsWith('PS')) return;
  const data = Buffer.from(svid.slice(0, svid.lastIndexOf('.')));
  const how = { key, dsaEncoding: 'ieee-p1363' } as const;
  assert.ok(verify(`sha${alg.slice(2)}`, data, how, Buffer.from(signature, 'base64url')));
};

const documentChecks: readonly Check[] = [
  onTokens('JWT-01', 'issues compact serializations', ({ text }) =>
    assert.match(text, /^[\w-]+\.[\w-]+\.[\w-]+$/),
  ),
  onTokens('JWT-02', 'writes nothing but alg, kid and typ into the header', ({ header }) => {
    for (const name of Object.keys(header)) assert.ok(['alg', 'kid', 'typ'].includes(name), name);
  }),
  onTokens('JWT-03', 'signs with an algorithm of the list', ({ header }) =>
    assert.ok(joseAlgorithms.includes(String(header['alg']))),
  ),
  onTokens('JWT-06', 'writes typ JWT, JOSE or none', ({ header }) =>
    assert.ok([undefined, 'JWT', 'JOSE'].includes(header['typ'] as string | undefined)),
  ),
  onTokens('JWT-07', 'writes the SPIFFE ID as sub', ({ claims, spiffeId }) =>
    assert.equal(claims['sub'], spiffeId),
  ),
  onTokens('JWT-08', 'writes the audience', ({ claims }) =>
    assert.deepEqual([claims['aud']].flat(), ['test']),
  ),
  onTokens('JWT-11', 'sets an expiry in the future', ({ claims }) =>
    assert.ok(Number(claims['exp']) > Date.now() / 1000),
  ),
  onTokens('JWT-18', 'sends a kid', ({ header }) => assert.equal(typeof header['kid'], 'string')),
  onKeys('JWT-14', 'publishes keys with use jwt-svid', (key) =>
    assert.equal(key['use'], 'jwt-svid'),
  ),
  onKeys('JWT-15', 'publishes keys with a kid', (key) =>
    assert.ok(typeof key['kid'] === 'string' && key['kid'].length > 0),
  ),
  {
    rule: 'JWT-17',
    title: "signs with a key published in the bundle of sub's trust domain",
    needs: 'socket',
    run: verifiesUnderBundle,
  },
];

const spiffeId = 'spiffe://prod.example/a';
const nowSeconds = nowMs / 1000;
const goodHeader = { alg: 'ES256', kid: 'k1', typ: 'JWT' };
const goodClaims = { sub: spiffeId, aud: 'me', exp: nowSeconds + 60 };

type Change = { readonly header?: object; readonly claims?: object; readonly as?: 'wit' | 'none' };

const createJudge = () => {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const part = (value: object): string => encodeBase64Url(Buffer.from(JSON.stringify(value)));
  const keys = [{ kid: 'k1', key: publicKey }];
  return ({ header = {}, claims = {}, as }: Change, reshape = (text: string) => text): unknown => {
    const input = `${part({ ...goodHeader, ...header })}.${part({ ...goodClaims, ...claims })}`;
    const signature = encodeBase64Url(signJose('ES256', privateKey, Buffer.from(input)));
    const bundle = {
      trustDomain,
      x509Authorities: [],
      jwtAuthorities: as === undefined ? keys : [],
      witAuthorities: as === 'wit' ? keys : [],
    };
    return verifyJwtSvid(reshape(`${input}.${signature}`), {
      bundleOf: (name) => (name === trustDomain ? bundle : undefined),
      audiences: ['me'],
      nowMs,
    });
  };
};

const rule = (
  id: string,
  title: string,
  samples: { readonly good: readonly Change[]; readonly bad: readonly Change[] },
): Check => {
  const made: { judge?: ReturnType<typeof createJudge> } = {};
  const bind = (changes: readonly Change[]): readonly Sample[] =>
    changes.map((change) => [JSON.stringify(change), () => (made.judge ??= createJudge())(change)]);
  return judged(id, title, { good: bind(samples.good), bad: bind(samples.bad) });
};

const badAlgs = ['none', 'None', 'HS256', 'HS512', 'EdDSA', 'ES256K', 'ML-DSA-44', 'es256', ''];

const validatorChecks: readonly Check[] = [
  judged('JWT-01', 'refuses other serializations', {
    good: [['three parts', () => createJudge()({})]],
    bad: [
      ['two parts', () => createJudge()({}, (text) => text.slice(0, text.lastIndexOf('.')))],
      ['four parts', () => createJudge()({}, (text) => `${text}.x`)],
      ['JSON', () => createJudge()({}, (text) => JSON.stringify({ payload: text }))],
    ],
  }),
  rule('JWT-02', 'refuses other header members', {
    good: [{}],
    bad: [{ jku: 'https://a' }, { crit: ['x'] }, { jwk: {} }, { b64: false }, { x5u: 'a' }].map(
      (header) => ({ header }),
    ),
  }),
  rule('JWT-04', 'refuses algorithms off the list', {
    good: [{}],
    bad: badAlgs.map((alg) => ({ header: { alg } })),
  }),
  {
    rule: 'JWT-05',
    title: 'judges the algorithm before anything else',
    needs: 'library',
    run: () => {
      const verdict = createJudge()({ header: { alg: 'none', crit: ['x'] }, claims: { exp: 0 } });
      const { data } = asRecord(verdict, 'refusal');
      assert.equal(asRecord(data, 'data')['rule'], 'JWT-04');
    },
  },
  rule('JWT-06', 'refuses other types', {
    good: [{}, { header: { typ: 'JOSE' } }, { header: { typ: undefined } }],
    bad: [{ header: { typ: 'wit+jwt' } }, { header: { typ: 'jwt' } }],
  }),
  rule('JWT-07', 'refuses other subjects', {
    good: [{}],
    bad: [{ sub: undefined }, { sub: 'alice' }, { sub: 'spiffe://prod.example' }, { sub: 1 }].map(
      (claims) => ({ claims }),
    ),
  }),
  rule('JWT-09', 'refuses tokens without audience', {
    good: [{ claims: { aud: ['x', 'me'] } }],
    bad: [{ claims: { aud: undefined } }, { claims: { aud: [] } }],
  }),
  rule('JWT-10', 'refuses tokens for others', {
    good: [{}],
    bad: [{ claims: { aud: 'you' } }, { claims: { aud: ['ME', 'me/'] } }],
  }),
  rule('JWT-12', 'refuses tokens without expiry', {
    good: [{}],
    bad: [{ claims: { exp: undefined } }, { claims: { exp: '9999999999' } }],
  }),
  rule('JWT-13', 'refuses expired tokens', {
    good: [{ claims: { exp: nowSeconds + 1 } }],
    bad: [{ claims: { exp: nowSeconds } }, { claims: { exp: nowSeconds - 3600 } }],
  }),
  rule('JWT-16', 'uses jwt-svid keys only', { good: [{}], bad: [{ as: 'wit' }, { as: 'none' }] }),
  rule('JWT-17', "uses the bundle of sub's trust domain only", {
    good: [{}],
    bad: [{ claims: { sub: 'spiffe://other.example/a' } }, { header: { kid: 'k2' } }],
  }),
];

export const jwtChecks: readonly Check[] = [...documentChecks, ...validatorChecks];
