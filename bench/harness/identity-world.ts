/**
 * Real processes for the benches of revocation: a server, an agent of it with a proxy inside, a
 * proxy of its own process, a caller with credentials of all kinds, and an echo behind the proxies.
 */
import { generateKeyPairSync, sign } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ConnectionOptions } from 'node:tls';
import { sallyport } from '../../examples/factory/programs.ts';
import { createCertificateRequest, encodePem } from '../../src/engines/pki/index.ts';
import { type RealServer, startRealServer } from '../../test/journeys/real-server.ts';
import { startChild } from './child.ts';
import { freePort } from './running-gateway.ts';

export type Minted = { readonly credentialId: string; readonly tls: ConnectionOptions };

export type IdentityWorld = AsyncDisposable & {
  readonly server: RealServer;
  readonly gatewayPort: number;
  /** Ports of the proxies: inside the agent, and in a process of its own. */
  readonly proxies: { readonly inside: number; readonly apart: number };
  /** The Workload API of a registered workload. */
  readonly socket: string;
  readonly caller: {
    readonly x509: () => Promise<Minted>;
    readonly jwt: () => Promise<{ readonly credentialId: string; readonly token: string }>;
    readonly apiToken: () => Promise<{ readonly id: string; readonly token: string }>;
  };
};

const callerId = 'spiffe://sallyport.local/caller';

const startEcho = async (stack: AsyncDisposableStack): Promise<number> => {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.pipe(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  stack.defer(() => void server.close());
  return (server.address() as AddressInfo).port;
};

const register = async ({ call }: RealServer, names: readonly string[]): Promise<void> => {
  for (const name of names)
    await call('POST', '/api/v1/identity/entries', {
      spiffeId: `spiffe://sallyport.local/${name}`,
      parent: { selectors: ['join-token:bench'] },
      selectors: [`socket:${name}`],
    });
};

const startAgent = async (
  { server, directory, stack }: Base,
  ports: { readonly echo: number; readonly inside: number },
): Promise<void> => {
  const { token } = await server.call('POST', '/api/v1/identity/agents/join-tokens', {
    node: 'bench',
  });
  const [tokenFile, bundle] = [join(directory, 'join-token'), join(directory, 'bundle.pem')];
  writeFileSync(tokenFile, String(token), { mode: 0o600 });
  writeFileSync(bundle, server.trustPem);
  const proxy = [
    'workload=edge,direction=in',
    `listen=127.0.0.1:${ports.inside}`,
    `target=127.0.0.1:${ports.echo}`,
    `peer=${callerId}`,
  ].join(',');
  const trust = ['--server', server.url, '--bundle', bundle, '--token-file', tokenFile];
  const places = ['--state', join(directory, 'agent'), '--socket-dir', join(directory, 'run')];
  const workloads = ['--workload', 'web', '--workload', 'edge', '--proxy', proxy];
  const words = ['agent', 'run', ...trust, ...places, ...workloads, '--log-level', 'error'];
  const agent = startChild([process.execPath, sallyport, ...words, '--json']);
  stack.defer(() => agent.stop());
  await agent.line((line) => line.startsWith('{'));
};

const startProxy = async (
  { directory, stack }: Base,
  ports: { readonly echo: number; readonly apart: number },
): Promise<void> => {
  const place = ['--listen', `127.0.0.1:${ports.apart}`, '--target', `127.0.0.1:${ports.echo}`];
  const socket = ['--socket', `unix:${join(directory, 'run', 'edge.sock')}`];
  const words = ['agent', 'proxy', '--direction', 'in', ...place, ...socket, '--peer', callerId];
  const proxy = startChild([process.execPath, sallyport, ...words, '--json']);
  stack.defer(() => proxy.stop());
  await proxy.line((line) => line.startsWith('{'));
};

const callerOf = ({ call, trustPem }: RealServer, principal: string): IdentityWorld['caller'] => ({
  x509: async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const csr = createCertificateRequest({
      spki: publicKey.export({ type: 'spki', format: 'der' }),
      sign: (data) => sign('sha256', data, privateKey),
    });
    const svid = await call('POST', '/api/v1/svids/x509', {
      spiffeId: callerId,
      csrPem: encodePem('CERTIFICATE REQUEST', csr),
    });
    const tls = {
      key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
      cert: String(svid['chainPem']),
      ca: trustPem,
      checkServerIdentity: () => undefined,
      minVersion: 'TLSv1.3',
    } as const;
    return { credentialId: String(svid['credentialId']), tls };
  },
  jwt: async () => {
    const svid = await call('POST', '/api/v1/svids/jwt', {
      spiffeId: callerId,
      audience: ['spiffe://sallyport.local/sallyport'],
    });
    return { credentialId: String(svid['credentialId']), token: String(svid['token']) };
  },
  apiToken: async () => {
    const { token, record } = await call('POST', '/api/v1/tokens', { principal });
    return { id: String((record as { readonly id: string }).id), token: String(token) };
  },
});

type Base = {
  readonly server: RealServer;
  readonly directory: string;
  readonly stack: AsyncDisposableStack;
};

const openWorld = async (stack: AsyncDisposableStack): Promise<IdentityWorld> => {
  const directory = mkdtempSync(join(tmpdir(), 'sallyport-revocation-'));
  stack.defer(() => rmSync(directory, { recursive: true, force: true }));
  const server = await startRealServer({ directory });
  // A stopped process (SIGSTOP) would not hear SIGTERM.
  stack.defer(() => server.stop('SIGKILL'));
  const base = { server, directory, stack };
  const echo = await startEcho(stack);
  const proxies = { inside: await freePort(), apart: await freePort() };
  await register(server, ['web', 'edge']);
  await startAgent(base, { echo, inside: proxies.inside });
  await startProxy(base, { echo, apart: proxies.apart });
  const principal = await server.call('POST', '/api/v1/principals', {
    type: 'Service',
    name: 'caller',
    spiffeId: callerId,
  });
  return {
    server,
    proxies,
    gatewayPort: Number(new URL(server.url).port),
    socket: join(directory, 'run', 'web.sock'),
    caller: callerOf(server, String(principal['id'])),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
};

/** Starts everything. `await using` stops it again. */
export const startIdentityWorld = async (): Promise<IdentityWorld> => {
  const stack = new AsyncDisposableStack();
  try {
    return await openWorld(stack);
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
};
