/** Socket files of the Workload API: whose they are, what they replace, how they end. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import {
  existsSync,
  lstatSync,
  readdirSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { after, before, it } from 'node:test';
import {
  byCredentials,
  createWorkloadClient,
  serveWorkloadApi,
} from '../../../src/doors/workload-api/index.ts';
import { createFakeWorkloadSource } from '../../../src/doors/workload-api/fake.ts';
import { orThrow, SallyportError } from '../../../src/kernel/errors.ts';
import { createMemoryLog } from '../../../src/platform/log/fake.ts';
import { fakePeerCredentials } from '../../../src/platform/peer-credentials/fake.ts';
import { openPeerCredentials } from '../../../src/platform/peer-credentials/index.ts';
import { paths } from '../../conformance/spiffe/client/workload-messages.ts';
import { type Harness, startHarness } from './harness.ts';

const isWorkloadError = (error: unknown): boolean =>
  error instanceof SallyportError && error.code === 'E_WORKLOAD_SOCKET';

let harness: Harness;
before(async () => {
  harness = await startHarness();
});
after(() => harness.close());

const serveAt = (path: string, more: object = {}) =>
  serveWorkloadApi({
    source: createFakeWorkloadSource(),
    places: [{ kind: 'unix', path, ...more }],
    identify: byCredentials(fakePeerCredentials({ pid: 7, uid: 1000, gid: 1000 })),
    log: createMemoryLog(),
  });

it('replaces what a crashed agent left behind', async () => {
  const path = join(harness.directory, 'stale.sock');
  const dead = createServer().listen(path);
  await once(dead, 'listening');
  renameSync(path, `${path}.kept`);
  await new Promise((resolve) => dead.close(resolve));
  renameSync(`${path}.kept`, path);
  assert.ok(lstatSync(path).isSocket());
  const api = await serveAt(path);
  await api.close();
  assert.ok(!existsSync(path));
});

it('leaves a served socket, a file and a link alone', async () => {
  await assert.rejects(serveAt(harness.path), isWorkloadError);
  const file = join(harness.directory, 'file');
  writeFileSync(file, 'kept');
  await assert.rejects(serveAt(file), isWorkloadError);
  const link = join(harness.directory, 'link');
  symlinkSync(file, link);
  await assert.rejects(serveAt(link), isWorkloadError);
  assert.equal((await harness.connect().first(paths.x509)).code, 'OK');
  assert.deepEqual(
    readdirSync(harness.directory).filter((name) => name.startsWith('.')),
    [],
  );
});

it('refuses paths that are too long', async () => {
  await assert.rejects(serveAt(join(harness.directory, 'x'.repeat(120))), isWorkloadError);
});

it('appears with its owner and mode', { skip: process.getuid?.() !== 0 }, async () => {
  const path = join(harness.directory, 'owned.sock');
  const api = await serveAt(path, { uid: 1000, gid: 1001, mode: 0o660 });
  const { uid, gid, mode } = lstatSync(path);
  assert.deepEqual([uid, gid, mode & 0o777], [1000, 1001, 0o660]);
  await api.close();
});

it('is private without further words', async () => {
  assert.equal(lstatSync(harness.path).mode & 0o777, 0o600);
});

it('admits only the user a socket was made for', async () => {
  const path = join(harness.directory, 'other.sock');
  const isRoot = process.getuid?.() === 0;
  const api = await serveAt(path, isRoot ? { uid: 1001 } : {});
  const socket = connect(path);
  socket.on('error', () => undefined);
  socket.resume();
  if (isRoot) await once(socket, 'close');
  socket.destroy();
  await api.close();
});

it('identifies this process by the kernel', async () => {
  const path = join(harness.directory, 'real.sock');
  const source = createFakeWorkloadSource();
  const credentials = orThrow(await openPeerCredentials());
  const api = await serveWorkloadApi({
    source,
    places: [{ kind: 'unix', path }],
    identify: byCredentials(credentials),
    release: credentials.release,
    log: createMemoryLog(),
  });
  const client = orThrow(createWorkloadClient(`unix:${path}`));
  await client.fetchJWTSVID({ audience: ['a'] });
  assert.equal(source.peers[0]?.pid, process.pid);
  assert.equal(source.peers[0]?.socket, path);
  await api.close();
});

it('serves nobody without peer credentials', async () => {
  const path = join(harness.directory, 'closed.sock');
  const refusal = byCredentials(orThrow(await openPeerCredentials()));
  const api = await serveWorkloadApi({
    source: createFakeWorkloadSource(),
    places: [{ kind: 'tcp', host: '127.0.0.1', port: 0 }],
    identify: refusal,
    log: createMemoryLog(),
  });
  const [endpoint] = api.endpoints;
  assert.ok(endpoint?.kind === 'tcp');
  const socket = connect(endpoint.port, endpoint.host);
  socket.on('error', () => undefined);
  socket.resume();
  await once(socket, 'close');
  await api.close();
  assert.ok(!existsSync(path));
});

it('ends streams with UNAVAILABLE when the agent stops', async () => {
  const own = await startHarness();
  const call = own.connect().start(paths.x509);
  await call.next();
  const closed = own.api.close();
  assert.equal((await call.status).code, 'UNAVAILABLE');
  await closed;
  assert.ok(!existsSync(own.path));
  await own.close();
});
