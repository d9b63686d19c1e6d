/** WL-01 to WL-22: what the seven methods answer. */
import assert from 'node:assert/strict';
import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto';
import { splitDer } from '../client/der.ts';
import {
  jwtRequest,
  paths,
  readJwtResponse,
  readValidateResponse,
  readX509Response,
  validateRequest,
  witRequest,
} from '../client/workload-messages.ts';
import type { GrpcCall } from '../client/grpc.ts';
import type { Check, Target } from '../types.ts';
import {
  fetchJwt,
  fetchJwtBundles,
  fetchWit,
  fetchWitBundles,
  fetchX509,
  fetchX509Bundles,
  readKeys,
  readToken,
  withClient,
} from './fetch.ts';

const onSocket = (rule: string, title: string, run: (target: Target) => Promise<void>): Check => ({
  rule,
  title,
  needs: 'socket',
  run,
});

const domainOf = (id: string): string => id.split('/').slice(0, 3).join('/');
const strangerOf = (id: string): string => `${domainOf(id)}/not/of/this/workload`;

const streams = [paths.x509, paths.x509Bundles, paths.jwtBundles] as const;

const firstWithin = async (call: GrpcCall, ms: number): Promise<void> => {
  assert.ok(await call.next(ms), 'the stream ended');
  call.cancel();
};

const maxHintBytes = 1024;
const checkHints = (hints: readonly string[]): void => {
  const filled = hints.filter((hint) => hint !== '');
  assert.equal(new Set(filled).size, filled.length, 'a hint appears twice');
  for (const hint of filled) assert.ok(Buffer.byteLength(hint) <= maxHintBytes);
};

/** Statuses of one JWT request and one Validate request. */
const codeOf = (target: Target, path: string, request: Buffer) =>
  withClient(target, async (client) => (await client.first(path, request)).code);

const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** Tokens like `good` that must not validate. */
const spoiled = (good: string): readonly (readonly [string, string])[] => {
  const [header = '', claims = '', signature = ''] = good.split('.');
  const token = readToken(good);
  const flipped = (signature[10] === 'A' ? 'B' : 'A') + signature.slice(11);
  return [
    ['a changed signature', `${header}.${claims}.${signature.slice(0, 10)}${flipped}`],
    ['no signature', `${header}.${claims}.`],
    ['two parts', `${header}.${claims}`],
    ['alg none', `${part({ ...token.header, alg: 'none' })}.${claims}.`],
    ['alg HS256', `${part({ ...token.header, alg: 'HS256' })}.${claims}.${signature}`],
    ['an unknown kid', `${part({ ...token.header, kid: 'nobody' })}.${claims}.${signature}`],
    ['other claims', `${header}.${part({ ...token.claims, exp: 9e9 })}.${signature}`],
    ['no token at all', 'x'],
  ];
};

const validateChecks: readonly Check[] = [
  onSocket('WL-15', 'validates its own tokens and refuses changed ones', async (target) => {
    const [issued] = await fetchJwt(target, ['here', 'there']);
    assert.ok(issued);
    await withClient(target, async (client) => {
      const answer = await client.unary(paths.validate, validateRequest('there', issued.svid));
      assert.equal(answer.code, 'OK', answer.message);
      const { spiffeId, claims } = readValidateResponse(answer.messages[0] ?? Buffer.alloc(0));
      assert.equal(spiffeId, issued.spiffeId);
      assert.deepEqual(claims, readToken(issued.svid).claims);
      for (const [what, token] of spoiled(issued.svid)) {
        const refused = await client.unary(paths.validate, validateRequest('there', token));
        assert.equal(refused.code, 'INVALID_ARGUMENT', what);
      }
      const elsewhere = await client.unary(paths.validate, validateRequest('away', issued.svid));
      assert.equal(elsewhere.code, 'INVALID_ARGUMENT', 'another audience');
    });
  }),
  onSocket(
    'WL-20',
    'answers INVALID_ARGUMENT where a mandatory field is missing',
    async (target) => {
      const cases: readonly (readonly [string, Buffer])[] = [
        [paths.jwt, jwtRequest([])],
        [paths.jwt, jwtRequest([''])],
        [paths.jwt, jwtRequest(['a'], 'not a SPIFFE ID')],
        [paths.validate, validateRequest('', 'a.b.c')],
        [paths.validate, validateRequest('a', '')],
      ];
      for (const [path, request] of cases)
        assert.equal(await codeOf(target, path, request), 'INVALID_ARGUMENT', path);
    },
  ),
];

const documentChecks: readonly Check[] = [
  onSocket(
    'WL-18',
    'writes the leaf first, each certificate signed by the next',
    async (target) => {
      for (const { chain, bundle, spiffeId } of (await fetchX509(target)).svids) {
        const parts = splitDer(chain).map(({ raw }) => new X509Certificate(raw));
        assert.equal(parts[0]?.subjectAltName?.includes(`URI:${spiffeId}`), true);
        const anchors = splitDer(bundle).map(({ raw }) => new X509Certificate(raw));
        parts.forEach((certificate, at) => {
          const issuers = at + 1 < parts.length ? [parts[at + 1]] : anchors;
          assert.ok(issuers.some((one) => one && certificate.verify(one.publicKey)));
        });
      }
    },
  ),
  onSocket('WL-19', "writes the leaf's private key as PKCS#8 DER", async (target) => {
    for (const { key, chain } of (await fetchX509(target)).svids) {
      const privateKey = createPrivateKey({ key, format: 'der', type: 'pkcs8' });
      const [leaf] = splitDer(chain);
      const certificate = new X509Certificate(leaf?.raw ?? '');
      assert.ok(createPublicKey(privateKey).equals(certificate.publicKey));
    }
  }),
  onSocket('WL-10', 'has the own trust domain in every bundle answer', async (target) => {
    const { svids, federated } = await fetchX509(target);
    const own = domainOf(svids[0]?.spiffeId ?? '');
    if (target.trustDomain !== undefined) assert.equal(own, `spiffe://${target.trustDomain}`);
    for (const { bundle } of svids) assert.ok(splitDer(bundle).length > 0);
    assert.ok(!federated.has(own), 'the own bundle is not federated');
    assert.ok((await fetchX509Bundles(target)).bundles.has(own));
    assert.ok((await fetchJwtBundles(target)).has(own));
    const wit = await fetchWitBundles(target);
    assert.ok(wit === undefined || wit.has(own));
  }),
  onSocket('WL-14', 'has only jwt-svid keys in JWT bundles', async (target) => {
    for (const [domain, document] of await fetchJwtBundles(target)) {
      assert.match(domain, /^spiffe:\/\/[a-z0-9._-]+$/);
      for (const { use } of readKeys(document)) assert.equal(use, 'jwt-svid');
    }
  }),
  onSocket('WL-17', 'has a kid in every key of WIT bundles', async (target) => {
    for (const document of (await fetchWitBundles(target))?.values() ?? [])
      for (const { kid } of readKeys(document)) assert.equal(typeof kid, 'string');
  }),
];

const tokenChecks: readonly Check[] = [
  onSocket('WL-11', 'demands an audience and writes it as aud', async (target) => {
    assert.equal(await codeOf(target, paths.jwt, jwtRequest([])), 'INVALID_ARGUMENT');
    for (const { svid } of await fetchJwt(target, ['one', 'two']))
      assert.deepEqual(readToken(svid).claims['aud'], ['one', 'two']);
  }),
  onSocket('WL-12', 'takes an empty spiffe_id as all identities', async (target) => {
    const ids = (await fetchX509(target)).svids.map(({ spiffeId }) => spiffeId).sort();
    const jwtIds = (await fetchJwt(target)).map(({ spiffeId }) => spiffeId).sort();
    assert.deepEqual(jwtIds, ids);
    const one = await fetchJwt(target, ['a'], ids[0]);
    assert.deepEqual(
      one.map(({ spiffeId }) => spiffeId),
      [ids[0]],
    );
    const wit = await fetchWit(target);
    assert.ok(wit === undefined || wit.length === ids.length);
  }),
  onSocket('WL-13', 'denies identities of others', async (target) => {
    const own = (await fetchX509(target)).svids[0]?.spiffeId ?? '';
    const asks = [strangerOf(own), 'spiffe://nobody.example/a'];
    for (const stranger of asks) {
      const jwt = await codeOf(target, paths.jwt, jwtRequest(['a'], stranger));
      assert.equal(jwt, 'PERMISSION_DENIED');
      const wit = await codeOf(target, paths.wit, witRequest(stranger));
      assert.ok(['PERMISSION_DENIED', 'UNIMPLEMENTED'].includes(wit), wit);
    }
  }),
  onSocket('WL-16', 'implements both WIT methods or neither', async (target) => {
    const [svid, bundles] = [await fetchWit(target), await fetchWitBundles(target)];
    assert.equal(svid === undefined, bundles === undefined);
  }),
];

type X509Response = ReturnType<typeof readX509Response>;

const isRenewed = (before: X509Response, after: X509Response): boolean =>
  after.svids.length > 0 &&
  after.svids.every(({ chain }, at) => !chain.equals(before.svids[at]?.chain ?? Buffer.alloc(0)));

const rotationMs = 5_000;

/** The X.509 stream before a rotation, and its messages until every SVID is another. */
const rotated = (target: Target) =>
  withClient(target, async (client) => {
    const call = client.start(paths.x509);
    const before = readX509Response((await call.next()) ?? Buffer.alloc(0));
    await target.control?.rotate();
    const untilMs = performance.now() + rotationMs;
    const messages: X509Response[] = [];
    do {
      const message = await call.next(Math.max(1, untilMs - performance.now()));
      assert.ok(message, 'the stream ended');
      messages.push(readX509Response(message));
    } while (!isRenewed(before, messages.at(-1) ?? before));
    call.cancel();
    return { before, messages };
  });

const idsOf = ({ svids }: X509Response): readonly string[] => svids.map(({ spiffeId }) => spiffeId);

const streamChecks: readonly Check[] = [
  {
    rule: 'WL-03',
    title: 'sends the full state again after a change',
    needs: 'control',
    run: async (target) => {
      const { before, messages } = await rotated(target);
      for (const message of messages) {
        assert.deepEqual(idsOf(message), idsOf(before));
        assert.deepEqual([...message.federated.keys()], [...before.federated.keys()]);
        for (const { chain, key, bundle } of message.svids)
          assert.ok(chain.length > 0 && key.length > 0 && bundle.length > 0);
      }
    },
  },
  {
    rule: 'WL-22',
    title: 'pushes new certificates without being asked',
    needs: 'control',
    run: async (target) => {
      const { before, messages } = await rotated(target);
      assert.ok(isRenewed(before, messages.at(-1) ?? before));
    },
  },
  onSocket('WL-04', 'sends the first message of every stream at once', (target) =>
    withClient(target, async (client) => {
      for (const path of streams) await firstWithin(client.start(path), 1_000);
    }),
  ),
];

export const workloadChecks: readonly Check[] = [
  onSocket('WL-01', 'implements the X.509 and JWT profiles', async (target) => {
    assert.ok((await fetchX509(target)).svids.length > 0);
    assert.ok((await fetchX509Bundles(target)).bundles.size > 0);
    assert.ok((await fetchJwt(target)).length > 0);
    assert.ok((await fetchJwtBundles(target)).size > 0);
  }),
  onSocket('WL-02', 'has no further methods', (target) =>
    withClient(target, async (client) => {
      for (const name of ['FetchSSHSVID', 'ListSVIDs', 'fetchX509SVID', ''])
        assert.equal((await client.unary(`/SpiffeWorkloadAPI/${name}`)).code, 'UNIMPLEMENTED');
    }),
  ),
  onSocket('WL-07', 'answers with at least one SVID, all fields filled', async (target) => {
    const { svids } = await fetchX509(target);
    assert.ok(svids.length > 0);
    for (const { spiffeId, chain, key, bundle } of svids)
      for (const field of [spiffeId, chain, key, bundle]) assert.ok(field.length > 0);
    for (const { spiffeId, svid } of await fetchJwt(target)) assert.ok(spiffeId && svid);
    for (const { spiffeId, svid, key } of (await fetchWit(target)) ?? [])
      assert.ok(spiffeId && svid && key);
  }),
  onSocket('WL-08', 'repeats no hint inside a response', async (target) => {
    checkHints((await fetchX509(target)).svids.map(({ hint }) => hint));
    checkHints((await fetchJwt(target)).map(({ hint }) => hint));
    checkHints(((await fetchWit(target)) ?? []).map(({ hint }) => hint));
  }),
  onSocket('WL-21', 'puts the same default identity first in every answer', async (target) => {
    const { svids } = await fetchX509(target);
    const [again] = (await fetchX509(target)).svids;
    const [jwt] = await withClient(target, async (client) => {
      const answer = await client.unary(paths.jwt, jwtRequest(['a']));
      return readJwtResponse(answer.messages[0] ?? Buffer.alloc(0));
    });
    assert.equal(again?.spiffeId, svids[0]?.spiffeId);
    assert.equal(jwt?.spiffeId, svids[0]?.spiffeId);
  }),
  ...documentChecks,
  ...tokenChecks,
  ...validateChecks,
  ...streamChecks,
];
