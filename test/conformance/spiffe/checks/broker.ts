/** BR-01 to BR-23: the Broker API, as far as it shows from outside. */
import assert from 'node:assert/strict';
import type { GrpcClient, GrpcCode } from '../client/grpc.ts';
import { bytesField, message, varintField } from '../client/wire.ts';
import {
  readJwkBundles,
  readJwtResponse,
  readX509Bundles,
  readX509Response,
} from '../client/workload-messages.ts';
import type { BrokerTarget, Check } from '../types.ts';
import { readKeys, readToken } from './fetch.ts';

const api = '/spiffe.broker.API';
const paths = {
  x509: `${api}/SubscribeToX509SVID`,
  x509Bundles: `${api}/SubscribeToX509Bundles`,
  jwt: `${api}/FetchJWTSVID`,
  jwtBundles: `${api}/SubscribeToJWTBundles`,
} as const;

const any = (type: string, value: Uint8Array): Buffer =>
  bytesField(1, message(bytesField(1, `type.googleapis.com/${type}`), bytesField(2, value)));
const pidReference = (pid: number): Buffer =>
  any('spiffe.broker.WorkloadPIDReference', varintField(1, pid));
const objectReference = (...fields: readonly Buffer[]): Buffer =>
  any('spiffe.broker.KubernetesObjectReference', message(...fields));
const typeField = (plural: string, group: string): Buffer =>
  bytesField(1, message(bytesField(1, plural), bytesField(2, group)));
const keyField = (namespace: string, name: string): Buffer =>
  bytesField(2, message(bytesField(1, namespace), bytesField(2, name)));

const withReference = (reference: Buffer): Buffer => bytesField(1, reference);
const jwtRequest = (reference: Buffer, audience: readonly string[], id = ''): Buffer =>
  message(
    withReference(reference),
    ...audience.map((one) => bytesField(2, one)),
    ...(id === '' ? [] : [bytesField(3, id)]),
  );

type Session = { readonly client: GrpcClient; readonly own: Buffer; readonly broker: BrokerTarget };

type Who = {
  readonly broker: BrokerTarget;
  readonly who: 'nobody' | 'stranger' | 'broker';
  readonly metadata?: object;
};

const as = async <T>(
  { broker, who, metadata = { 'broker.spiffe.io': 'true' } }: Who,
  use: (session: Session) => Promise<T>,
): Promise<T> => {
  const client = await broker.connect(who, metadata);
  try {
    return await use({ client, own: pidReference(broker.pid), broker });
  } finally {
    await client.close();
  }
};

const onBroker = (
  rule: string,
  title: string,
  run: (session: Session) => Promise<void>,
): Check => ({
  rule,
  title,
  needs: 'broker',
  run: async ({ broker }) => {
    assert.ok(broker);
    await as({ broker, who: 'broker' }, run);
  },
});

/** The status of a reference on all four calls. */
const expectStatus = async (
  { client }: Session,
  reference: Buffer | undefined,
  code: GrpcCode,
): Promise<void> => {
  const request = reference === undefined ? Buffer.alloc(0) : withReference(reference);
  for (const path of Object.values(paths)) {
    const tail = path === paths.jwt ? bytesField(2, 'a') : Buffer.alloc(0);
    const answer = await client.first(path, Buffer.concat([request, tail]));
    assert.equal(answer.code, code, `${path}: ${answer.message}`);
  }
};

const fetchX509 = async ({ client, own }: Session) => {
  const answer = await client.first(paths.x509, withReference(own));
  assert.equal(answer.code, 'OK', answer.message);
  return readX509Response(answer.messages[0] ?? Buffer.alloc(0));
};

const fetchJwt = async ({ client, own }: Session, audience: readonly string[], id = '') => {
  const answer = await client.unary(paths.jwt, jwtRequest(own, audience, id));
  assert.equal(answer.code, 'OK', answer.message);
  return readJwtResponse(answer.messages[0] ?? Buffer.alloc(0));
};

const fetchJwtBundles = async ({ client, own }: Session) => {
  const answer = await client.first(paths.jwtBundles, withReference(own));
  assert.equal(answer.code, 'OK', answer.message);
  return readJwkBundles(answer.messages[0] ?? Buffer.alloc(0));
};

const statusAs = (
  broker: BrokerTarget,
  who: Who['who'],
  metadata?: object,
): Promise<readonly GrpcCode[]> =>
  as({ broker, who, ...(metadata === undefined ? {} : { metadata }) }, async ({ client, own }) => {
    const codes: GrpcCode[] = [];
    for (const path of Object.values(paths)) {
      const request = jwtRequest(own, path === paths.jwt ? ['a'] : []);
      codes.push((await client.first(path, request)).code);
    }
    return codes;
  });

const all = (code: GrpcCode): readonly GrpcCode[] => [code, code, code, code];

const callerChecks: readonly Check[] = [
  {
    rule: 'BR-01',
    title: 'shows an X509-SVID and serves a broker with one',
    needs: 'broker',
    run: async ({ broker }) => {
      const ids = (await broker?.serverIds()) ?? [];
      assert.equal(ids.length, 1);
      assert.match(ids[0] ?? '', /^spiffe:\/\/[a-z0-9._-]+\/.+/);
      assert.ok(broker);
      assert.deepEqual(await statusAs(broker, 'broker'), all('OK'));
    },
  },
  {
    rule: 'BR-02',
    title: 'answers INVALID_ARGUMENT without the exact header',
    needs: 'broker',
    run: async ({ broker }) => {
      assert.ok(broker);
      const wrong = [{}, { 'workload.spiffe.io': 'true' }, { 'broker.spiffe.io': 'True' }];
      for (const metadata of wrong)
        assert.deepEqual(await statusAs(broker, 'broker', metadata), all('INVALID_ARGUMENT'));
    },
  },
  ...(['BR-04', 'BR-23'] as const).map(
    (rule): Check => ({
      rule,
      title: 'answers UNAUTHENTICATED to nobody and PERMISSION_DENIED to brokers off the list',
      needs: 'broker',
      run: async ({ broker }) => {
        assert.ok(broker);
        assert.deepEqual(await statusAs(broker, 'nobody'), all('UNAUTHENTICATED'));
        assert.deepEqual(await statusAs(broker, 'stranger'), all('PERMISSION_DENIED'));
        assert.deepEqual(await statusAs(broker, 'broker'), all('OK'));
      },
    }),
  ),
];

const core = typeField('pods', 'core');
const key = keyField('default', 'web-0');

const referenceChecks: readonly Check[] = [
  onBroker('BR-05', 'demands a reference', async (session) => {
    await expectStatus(session, undefined, 'INVALID_ARGUMENT');
    await expectStatus(session, Buffer.alloc(0), 'INVALID_ARGUMENT');
  }),
  onBroker('BR-06', 'refuses unknown types of references', async (session) => {
    for (const type of ['spiffe.broker.Other', 'google.protobuf.Empty', ''])
      await expectStatus(session, any(type, Buffer.alloc(0)), 'INVALID_ARGUMENT');
    const torn = any('spiffe.broker.WorkloadPIDReference', Buffer.from([0x08]));
    await expectStatus(session, torn, 'INVALID_ARGUMENT');
  }),
  onBroker('BR-07', 'answers NOT_FOUND for workloads that do not exist', async (session) => {
    await expectStatus(session, pidReference(2_000_000_000), 'NOT_FOUND');
    await expectStatus(session, session.own, 'OK');
  }),
  onBroker('BR-08', 'demands a positive pid', async (session) => {
    await expectStatus(session, pidReference(0), 'INVALID_ARGUMENT');
    await expectStatus(session, pidReference(-1), 'INVALID_ARGUMENT');
  }),
  onBroker('BR-11', 'demands plural and group', async (session) => {
    for (const type of [typeField('', 'core'), typeField('pods', ''), Buffer.alloc(0)])
      await expectStatus(session, objectReference(type, key), 'INVALID_ARGUMENT');
  }),
  onBroker('BR-12', 'demands key or uid', async (session) => {
    await expectStatus(session, objectReference(core), 'INVALID_ARGUMENT');
    await expectStatus(session, objectReference(core, bytesField(3, 'u-1')), 'NOT_FOUND');
  }),
  onBroker('BR-14', 'demands a name in a key', async (session) => {
    const nameless = objectReference(core, keyField('default', ''));
    await expectStatus(session, nameless, 'INVALID_ARGUMENT');
    await expectStatus(session, objectReference(core, key), 'NOT_FOUND');
  }),
];

export const brokerChecks: readonly Check[] = [
  ...callerChecks,
  ...referenceChecks,
  onBroker('BR-15', 'sends the full state of that workload at once', async (session) => {
    const { svids } = await fetchX509(session);
    assert.ok(svids.length > 0);
    for (const { chain, key: secret, bundle } of svids)
      assert.ok(chain.length > 0 && secret.length > 0 && bundle.length > 0);
  }),
  {
    rule: 'BR-18',
    title: 'ends streams when the workload has no identity any more',
    needs: 'broker',
    run: async ({ broker }) => {
      assert.ok(broker);
      if (broker.whileGone === undefined) return;
      await as({ broker, who: 'broker' }, async ({ client, own }) => {
        const call = client.start(paths.x509, withReference(own));
        assert.ok(await call.next());
        await broker.whileGone?.(async () => {
          assert.equal(await call.next(), undefined);
          assert.equal((await call.status).code, 'PERMISSION_DENIED');
        });
      });
    },
  },
  onBroker('BR-19', 'repeats no hint inside a response', async (session) => {
    const hints = (await fetchX509(session)).svids.map(({ hint }) => hint).filter(Boolean);
    assert.equal(new Set(hints).size, hints.length);
  }),
  onBroker('BR-20', 'implements both profiles and nothing more', async (session) => {
    await expectStatus(session, session.own, 'OK');
    const answer = await session.client.first(
      paths.x509Bundles,
      withReference(pidReference(session.broker.pid)),
    );
    assert.ok(readX509Bundles(answer.messages[0] ?? Buffer.alloc(0)).bundles.size > 0);
    assert.equal((await session.client.unary(`${api}/FetchWITSVID`)).code, 'UNIMPLEMENTED');
  }),
  onBroker('BR-21', 'demands an audience; an empty spiffe_id means all', async (session) => {
    const without = await session.client.unary(paths.jwt, jwtRequest(session.own, []));
    assert.equal(without.code, 'INVALID_ARGUMENT');
    const ids = (await fetchX509(session)).svids.map(({ spiffeId }) => spiffeId);
    const tokens = await fetchJwt(session, ['one']);
    assert.deepEqual(
      tokens.map(({ spiffeId }) => spiffeId),
      ids,
    );
    for (const { svid } of tokens)
      assert.deepEqual([readToken(svid).claims['aud']].flat(), ['one']);
    assert.equal((await fetchJwt(session, ['one'], ids[0])).length, 1);
  }),
  onBroker('BR-22', 'has only jwt-svid keys in JWT bundles', async (session) => {
    for (const document of (await fetchJwtBundles(session)).values())
      for (const { use } of readKeys(document)) assert.equal(use, 'jwt-svid');
  }),
];
