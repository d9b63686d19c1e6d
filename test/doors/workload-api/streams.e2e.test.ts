/** What the streams of the Workload API deliver, and when. */
import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import { inspect } from 'node:util';
import { createWorkloadClient } from '../../../src/doors/workload-api/index.ts';
import { orThrow } from '../../../src/kernel/errors.ts';
import {
  jwtRequest,
  paths,
  readX509Response,
} from '../../conformance/spiffe/client/workload-messages.ts';
import { type Harness, startHarness, until } from './harness.ts';

let harness: Harness;
before(async () => {
  harness = await startHarness();
});
after(() => harness.close());

it('pushes a rotation in milliseconds and closes sessions with their calls', async () => {
  const client = harness.connect();
  const call = client.start(paths.x509);
  const before = readX509Response((await call.next()) ?? Buffer.alloc(0));
  harness.source.rotate();
  const after = readX509Response((await call.next(1_000)) ?? Buffer.alloc(0));
  assert.notDeepEqual(after.svids[0]?.chain, before.svids[0]?.chain);
  call.cancel();
  await until('a session leaks', () => harness.source.openSessions() === 0);
});

it('takes an identity away with PERMISSION_DENIED in the middle of a stream', async () => {
  const client = harness.connect();
  const call = client.start(paths.x509);
  await call.next();
  const { identities } = harness.source.state();
  harness.source.update((state) => ({ ...state, identities: [] }));
  assert.equal(await call.next(), undefined);
  assert.equal((await call.status).code, 'PERMISSION_DENIED');
  for (const path of Object.values(paths)) {
    const request = path === paths.jwt ? jwtRequest(['a']) : undefined;
    if (path !== paths.validate)
      assert.equal((await client.first(path, request)).code, 'PERMISSION_DENIED', path);
  }
  harness.source.update((state) => ({ ...state, identities }));
});

it('does not repeat bundles that have not changed', async () => {
  const call = harness.connect().start(paths.x509Bundles);
  await call.next();
  harness.source.rotate();
  await assert.rejects(call.next(100), /no message/);
  harness.source.update((state) => ({ ...state, crls: [Buffer.from([0x30, 0])] }));
  assert.ok(await call.next(1_000));
  harness.source.update((state) => ({ ...state, crls: [] }));
  call.cancel();
});

it('gives a slow reader the newest state only', async () => {
  const call = harness.connect().start(paths.x509);
  await call.next();
  for (let i = 0; i < 50; i++) harness.source.rotate();
  const state = harness.source.state();
  let last = readX509Response((await call.next()) ?? Buffer.alloc(0));
  let messages = 1;
  for (; ; messages++) {
    const more = await call.next(200).catch(() => undefined);
    if (more === undefined) break;
    last = readX509Response(more);
  }
  assert.ok(messages < 5, `${messages} messages`);
  assert.deepEqual(last.svids[0]?.chain, Buffer.from(state.identities[0]?.chain[0] ?? []));
  call.cancel();
});

it('never writes keys or tokens to the log', async () => {
  const client = harness.connect();
  await client.first(paths.x509);
  await client.unary(paths.jwt, jwtRequest(['a']));
  await client.unary(paths.jwt, jwtRequest(['a']), { metadata: {} });
  const text = inspect(harness.log.entries, { depth: 9 });
  assert.match(text, /FetchJWTSVID/);
  for (const secret of ['PRIVATE', 'eyJ', 'Uint8Array', 'Buffer'])
    assert.ok(!text.includes(secret));
});

it('is spoken by our own client', async () => {
  const client = orThrow(createWorkloadClient(`unix:${harness.path}`));
  for await (const message of client.fetchX509SVID({})) {
    assert.equal(message.svids.length, 2);
    break;
  }
  const { svids } = await client.fetchJWTSVID({ audience: ['a'] });
  const checked = await client.validateJWTSVID({ audience: 'a', svid: svids[0]?.svid ?? '' });
  assert.equal(checked.spiffeId, 'spiffe://fake.test/web');
  assert.equal(checked.claims?.['aud'], 'a');
});
