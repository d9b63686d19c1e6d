/** WIT-01 to WIT-28: tokens from the socket where WIT is implemented, then our validator. */
import assert from 'node:assert/strict';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import {
  exportPublicJwk,
  parseTrustBundle,
  ReplayCache,
  signJose,
  signWorkloadProof,
  verifyWitPresentation,
  verifyWitSvid,
} from '../../../../src/engines/pki/index.ts';
import { encodeBase64Url } from '../../../../src/kernel/base64url.ts';
import { fakeClock } from '../../../../src/kernel/effects.ts';
import { orThrow } from '../../../../src/kernel/errors.ts';
import { nowMs, trustDomain } from '../../../engines/pki/forge.ts';
import type { Check } from '../types.ts';
import {
  asRecord,
  fetchJwtBundles,
  fetchWit,
  fetchWitBundles,
  joseAlgorithms,
  readKeys,
  readToken,
} from './fetch.ts';
import { judged, type Sample } from './judged.ts';

type Token = ReturnType<typeof readToken> & { readonly spiffeId: string; readonly key: string };

const confirmed = ({ claims }: Pick<Token, 'claims'>) =>
  asRecord(asRecord(claims['cnf'], 'cnf')['jwk'], 'cnf.jwk');

/** Passes where WIT is not implemented: WL-16 judges that. */
const onTokens = (rule: string, title: string, judge: (token: Token) => void): Check => ({
  rule,
  title,
  needs: 'socket',
  run: async (target) => {
    for (const { svid, spiffeId, key } of (await fetchWit(target)) ?? [])
      judge({ ...readToken(svid), spiffeId, key });
  },
});

const isUnique = (kids: readonly unknown[]): boolean => new Set(kids).size === kids.length;

const documentChecks: readonly Check[] = [
  onTokens('WIT-01', 'issues compact serializations', ({ signature }) => assert.ok(signature)),
  onTokens('WIT-02', 'writes a kid', ({ header }) =>
    assert.ok(typeof header['kid'] === 'string' && header['kid'] !== ''),
  ),
  onTokens('WIT-05', 'writes typ wit+jwt', ({ header }) => assert.equal(header['typ'], 'wit+jwt')),
  onTokens('WIT-06', 'signs with an algorithm of the list', ({ header }) =>
    assert.ok(joseAlgorithms.includes(String(header['alg']))),
  ),
  onTokens('WIT-08', 'writes the SPIFFE ID as sub', ({ claims, spiffeId }) =>
    assert.equal(claims['sub'], spiffeId),
  ),
  onTokens('WIT-09', 'writes cnf', ({ claims }) => assert.ok(claims['cnf'])),
  onTokens('WIT-10', 'confirms a public key, the one whose private half is handed out', (token) => {
    const publicJwk = confirmed(token);
    const privateJwk = asRecord(JSON.parse(token.key), 'private JWK');
    for (const secret of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k'])
      assert.equal(publicJwk[secret], undefined, secret);
    assert.ok(privateJwk['d'], 'wit_svid_key is not private');
    for (const name of ['kty', 'crv', 'x', 'y', 'n', 'e'])
      assert.equal(privateJwk[name], publicJwk[name], name);
  }),
  onTokens('WIT-11', 'names the algorithm of the confirmed key', (token) =>
    assert.ok(joseAlgorithms.includes(String(confirmed(token)['alg']))),
  ),
  onTokens('WIT-14', 'sets an expiry in the future', ({ claims }) =>
    assert.ok(Number(claims['exp']) > Date.now() / 1000),
  ),
  onTokens('WIT-18', 'sets no audience', ({ claims }) => assert.equal(claims['aud'], undefined)),
  onTokens('WIT-19', 'sets alg, typ, kid, sub, exp and cnf', ({ header, claims }) => {
    for (const name of ['alg', 'typ', 'kid']) assert.ok(name in header, name);
    for (const name of ['sub', 'exp', 'cnf']) assert.ok(name in claims, name);
  }),
  {
    rule: 'WIT-12',
    title: 'repeats no jti for different tokens',
    needs: 'socket',
    run: async (target) => {
      const tokens = [...((await fetchWit(target)) ?? []), ...((await fetchWit(target)) ?? [])];
      const jtis = new Map<unknown, string>();
      for (const { svid, spiffeId } of tokens) {
        const { jti } = readToken(svid).claims;
        if (jti !== undefined) assert.equal(jtis.get(jti) ?? spiffeId, spiffeId);
        jtis.set(jti, spiffeId);
      }
    },
  },
  {
    rule: 'WIT-26',
    title: 'publishes keys with use wit-svid',
    needs: 'socket',
    run: async (target) => {
      for (const document of (await fetchWitBundles(target))?.values() ?? [])
        for (const { use } of readKeys(document)) assert.equal(use, 'wit-svid');
    },
  },
  ...(['WIT-04', 'WIT-27'] as const).map(
    (rule): Check => ({
      rule,
      title: 'publishes kids that are unique over JWT and WIT keys of a trust domain',
      needs: 'socket',
      run: async (target) => {
        const jwt = await fetchJwtBundles(target);
        for (const [domain, document] of (await fetchWitBundles(target)) ?? []) {
          const others = jwt.get(domain);
          const keys = [...readKeys(document), ...(others ? readKeys(others) : [])];
          for (const { kid } of keys) assert.ok(typeof kid === 'string' && kid !== '');
          assert.ok(isUnique(keys.map(({ kid }) => kid)));
        }
      },
    }),
  ),
];

const nowSeconds = nowMs / 1000;
type Change = {
  readonly header?: object;
  readonly claims?: object;
  readonly jwk?: object;
  readonly entry?: object;
  /** Leaves the proof out, signs it with another key, or lets it live for an hour. */
  readonly proof?: 'missing' | 'foreign' | 'long' | 'reused';
};

const newPair = () => generateKeyPairSync('ec', { namedCurve: 'P-256' });
const part = (value: object): string => encodeBase64Url(Buffer.from(JSON.stringify(value)));

const signWith = (key: KeyObject, header: object, claims: object): string => {
  const input = `${part(header)}.${part(claims)}`;
  return `${input}.${encodeBase64Url(signJose('ES256', key, Buffer.from(input)))}`;
};

const createJudge = () => {
  const [signer, holder, stranger] = [newPair(), newPair(), newPair()];
  const tokenOf = ({ header, claims, jwk }: Change): string => {
    const confirmedJwk = { ...exportPublicJwk(holder.publicKey), alg: 'ES256', ...jwk };
    return signWith(
      signer.privateKey,
      { alg: 'ES256', kid: 'k1', typ: 'wit+jwt', ...header },
      {
        sub: 'spiffe://prod.example/a',
        exp: nowSeconds + 60,
        cnf: { jwk: confirmedJwk },
        ...claims,
      },
    );
  };
  const policyOf = ({ entry }: Change) => {
    const jwk = { ...exportPublicJwk(signer.publicKey), use: 'wit-svid', kid: 'k1', ...entry };
    const bundle = orThrow(parseTrustBundle(trustDomain, JSON.stringify({ keys: [jwk] })));
    const bundleOf = (name: string) => (name === trustDomain ? bundle : undefined);
    return { bundleOf, nowMs };
  };
  const proofOf = (change: Change, wit: string): string =>
    signWorkloadProof(
      {
        wit,
        audience: 'https://server.example/x',
        expiresAtMs: nowMs + (change.proof === 'long' ? 3_600_000 : 10_000),
        id: 'proof-1',
      },
      {
        algorithm: 'ES256',
        privateKey: change.proof === 'foreign' ? stranger.privateKey : holder.privateKey,
      },
    );
  return {
    token: (change: Change): unknown => verifyWitSvid(tokenOf(change), policyOf(change)),
    presented: (change: Change): unknown => {
      const token = tokenOf(change);
      const replays = new ReplayCache({ clock: fakeClock(nowMs), windowMs: 60_000, capacity: 8 });
      const policy = { ...policyOf(change), audiences: ['https://server.example/x'], replays };
      const proof = change.proof === 'missing' ? undefined : proofOf(change, token);
      const verdict = verifyWitPresentation({ token, proof }, policy);
      return change.proof === 'reused' ? verifyWitPresentation({ token, proof }, policy) : verdict;
    },
  };
};

type Changes = {
  readonly good: readonly Change[];
  readonly bad: readonly Change[];
  /** The token with its proof instead of the token alone. */
  readonly how?: 'presented';
};

const rule = (id: string, title: string, samples: Changes) => {
  const { how = 'token' } = samples;
  const made: { judge?: ReturnType<typeof createJudge> } = {};
  const bind = (changes: readonly Change[]): readonly Sample[] =>
    changes.map((change) => [
      JSON.stringify(change),
      () => (made.judge ??= createJudge())[how](change),
    ]);
  return judged(id, title, { good: bind(samples.good), bad: bind(samples.bad) });
};

const badAlgs = ['none', 'HS256', 'EdDSA', 'ES256K', 'ML-DSA-44'];

const validatorChecks: readonly Check[] = [
  rule('WIT-02', 'refuses tokens without kid', {
    good: [{}],
    bad: [{ header: { kid: undefined } }],
  }),
  rule('WIT-03', 'compares kid as it is', { good: [{}], bad: [{ header: { kid: 'K1' } }] }),
  rule('WIT-05', 'refuses other types', {
    good: [{}],
    bad: [{ header: { typ: 'JWT' } }, { header: { typ: undefined } }],
  }),
  rule('WIT-07', 'refuses algorithms off the list', {
    good: [{}],
    bad: badAlgs.map((alg) => ({ header: { alg } })),
  }),
  rule('WIT-09', 'refuses tokens without cnf', {
    good: [{}],
    bad: [{ claims: { cnf: undefined } }, { claims: { cnf: {} } }],
  }),
  rule('WIT-10', 'refuses private members in cnf', {
    good: [{}],
    bad: [{ jwk: { d: 'AA' } }, { jwk: { kty: 'oct', k: 'AA' } }],
  }),
  rule('WIT-11', 'refuses cnf keys without an algorithm of the list', {
    good: [{}],
    bad: [{ jwk: { alg: undefined } }, { jwk: { alg: 'RS256' } }, { jwk: { alg: 'EdDSA' } }],
  }),
  rule('WIT-13', 'accepts one jti for several proofs, and one proof once', {
    how: 'presented',
    good: [{ claims: { jti: 'shared' } }],
    bad: [{ claims: { jti: 'shared' }, proof: 'reused' }],
  }),
  rule('WIT-14', 'refuses tokens without expiry', {
    good: [{}],
    bad: [{ claims: { exp: undefined } }],
  }),
  rule('WIT-15', 'refuses expired tokens', {
    good: [{ claims: { exp: nowSeconds + 1 } }],
    bad: [{ claims: { exp: nowSeconds - 120 } }],
  }),
  rule('WIT-16', 'refuses tokens that are not valid yet', {
    good: [{ claims: { nbf: nowSeconds } }],
    bad: [{ claims: { nbf: nowSeconds + 600 } }],
  }),
  rule('WIT-17', 'takes iat as no bound', {
    good: [{ claims: { iat: nowSeconds + 600 } }, { claims: { iat: 1 } }],
    bad: [],
  }),
  rule('WIT-18', 'refuses tokens with an audience', {
    good: [{}],
    bad: [{ claims: { aud: 'a' } }, { claims: { aud: [] } }],
  }),
  rule('WIT-28', 'uses wit-svid keys only', {
    good: [{}],
    bad: [{ entry: { use: 'jwt-svid' } }, { entry: { use: undefined } }],
  }),
  rule('WIT-20', 'refuses proofs by another key', {
    how: 'presented',
    good: [{}],
    bad: [{ proof: 'foreign' }],
  }),
  rule('WIT-21', 'takes no token as a bearer', {
    how: 'presented',
    good: [{}],
    bad: [{ proof: 'missing' }],
  }),
  rule('WIT-23', 'refuses without proof', {
    how: 'presented',
    good: [{}],
    bad: [{ proof: 'missing' }],
  }),
  rule('WIT-24', 'refuses proofs that live long', {
    how: 'presented',
    good: [{}],
    bad: [{ proof: 'long' }],
  }),
];

export const witChecks: readonly Check[] = [...documentChecks, ...validatorChecks];
