/** Real sockets of this process and of a child: the kernel's word, and refusals otherwise. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Server, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { isRefusal, orThrow, type Refusal } from '../../../src/kernel/errors.ts';
import {
  openPeerCredentials,
  type PeerCredentials,
} from '../../../src/platform/peer-credentials/index.ts';
import { fakePeerCredentials } from '../../../src/platform/peer-credentials/fake.ts';
import { peerCredentialsOver } from '../../../src/platform/peer-credentials/open-peer-credentials.ts';

const codeOf = (value: unknown): string | undefined =>
  isRefusal(value) ? value.error.code : undefined;

const accept = async (server: Server, dial: () => Socket): Promise<[Socket, Socket]> => {
  const accepted = once(server, 'connection') as Promise<[Socket]>;
  const client = dial();
  return [(await accepted)[0], client];
};

const ucred = (pid: number, uid: number, gid: number): Buffer => {
  const bytes = Buffer.alloc(12);
  bytes.writeInt32LE(pid, 0);
  bytes.writeUInt32LE(uid, 4);
  bytes.writeUInt32LE(gid, 8);
  return bytes;
};

describe('peer credentials of real sockets', { skip: process.platform !== 'linux' }, () => {
  const directory = mkdtempSync(join(tmpdir(), 'peer-'));
  const path = join(directory, 's');
  const server = createServer();
  let opened: PeerCredentials | Refusal;
  before(async () => {
    opened = await openPeerCredentials();
    server.listen(path);
    await once(server, 'listening');
  });
  after(() => {
    server.close();
    rmSync(directory, { recursive: true });
  });

  it('names this process, its user and its group', async () => {
    const credentials = orThrow(opened);
    const [socket, client] = await accept(server, () => connect(path));
    const peer = orThrow(credentials.peerOf(socket));
    assert.equal(peer.pid, process.pid);
    assert.equal(peer.uid, process.getuid?.());
    assert.equal(peer.gid, process.getgid?.());
    assert.equal(credentials.isStillRunning(peer), peer.pidfd !== undefined);
    credentials.release(peer);
    client.destroy();
    socket.destroy();
  });

  it('names a child, and says so when the child has ended', async () => {
    const credentials = orThrow(opened);
    const program = `require('node:net').connect(${JSON.stringify(path)}).on('data', () => process.exit())`;
    const accepted = once(server, 'connection') as Promise<[Socket]>;
    const child = spawn(process.execPath, ['-e', program], { stdio: 'ignore' });
    const [socket] = await accepted;
    const peer = orThrow(credentials.peerOf(socket));
    assert.equal(peer.pid, child.pid);
    if (peer.pidfd !== undefined) assert.ok(credentials.isStillRunning(peer));
    const ended = once(child, 'exit');
    socket.end('go');
    await ended;
    assert.ok(!credentials.isStillRunning(peer));
    credentials.release(peer);
    socket.destroy();
  });

  it('refuses TCP, where the kernel does not know', async () => {
    const credentials = orThrow(opened);
    const tcp = createServer().listen(0, '127.0.0.1');
    await once(tcp, 'listening');
    const address = tcp.address();
    assert.ok(typeof address === 'object' && address !== null);
    const [socket, client] = await accept(tcp, () => connect(address.port, '127.0.0.1'));
    assert.equal(codeOf(credentials.peerOf(socket)), 'E_PEER_UNKNOWN');
    client.destroy();
    socket.destroy();
    tcp.close();
  });

  it('refuses a closed socket', () => {
    assert.equal(codeOf(orThrow(opened).peerOf(new Socket())), 'E_PEER_UNKNOWN');
  });
});

describe('without foreign functions', { skip: process.platform !== 'linux' }, () => {
  it('refuses to open', async () => {
    const room = new URL('../../../src/platform/peer-credentials/index.ts', import.meta.url).href;
    const program = `const { openPeerCredentials } = await import(${JSON.stringify(room)});
      process.stdout.write((await openPeerCredentials()).error?.code ?? 'opened');`;
    const child = spawn(
      process.execPath,
      ['--no-experimental-ffi', '--input-type=module', '-e', program],
      { stdio: ['ignore', 'pipe', 'ignore'] },
    );
    const chunks: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    await once(child, 'close');
    assert.equal(Buffer.concat(chunks).toString(), 'E_PEER_UNSUPPORTED');
  });
});

describe('peer credentials over any kernel', () => {
  const cases: readonly (readonly [string, Buffer | undefined])[] = [
    ['no credentials', undefined],
    ['a short answer', Buffer.alloc(8)],
    ['a peer of another PID namespace', ucred(0, 1000, 1000)],
    ['a negative pid', ucred(-1, 1000, 1000)],
    ['no uid', ucred(5, 0xffffffff, 1000)],
    ['no gid', ucred(5, 1000, 0xffffffff)],
  ];
  const socket = Object.assign(new Socket(), { _handle: { fd: 0 } });
  for (const [what, answer] of cases) {
    it(`refuses ${what}`, () => {
      const peer = peerCredentialsOver(() => answer).peerOf(socket);
      assert.equal(codeOf(peer), 'E_PEER_UNKNOWN');
    });
  }

  it('does without a pidfd on old kernels', () => {
    const old = peerCredentialsOver((_, option) => (option === 17 ? ucred(5, 6, 7) : undefined));
    const peer = orThrow(old.peerOf(socket));
    assert.deepEqual(peer, { pid: 5, uid: 6, gid: 7 });
    assert.equal(old.isStillRunning(peer), false);
    old.release(peer);
  });

  it('has a fake that remembers what was released', () => {
    const fake = fakePeerCredentials();
    const peer = orThrow(fake.peerOf(socket));
    fake.release(peer);
    assert.deepEqual(fake.released, [peer]);
  });
});
