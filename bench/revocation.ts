/**
 * How long after an administrator asks for a revocation it is in force, with real processes: at the
 * gateway (on an open mTLS connection, on new ones, for JWT-SVIDs and API tokens), at the Workload API
 * (the replacement is pushed) and at the proxies (the open connection is cut, new ones are refused).
 * Then the server is stopped in its tracks, and whoever checks credentials must refuse by the end of
 * the lease. `--short` revokes 20 of each instead of 200 and leaves out the wait for the lease, which
 * test/doors/agent holds under a fake clock.
 */
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { createWorkloadClient, type WorkloadClient } from '../src/doors/workload-api/index.ts';
import { splitCertificates } from '../src/engines/pki/index.ts';
import { orThrow } from '../src/kernel/errors.ts';
import { type IdentityWorld, startIdentityWorld } from './harness/identity-world.ts';
import { connectRaw, encodeRequest, type Target } from './harness/raw-client.ts';
import { isShort, percentile, report } from './harness/report.ts';

const rounds = isShort() ? 20 : 200;
const withinMs = 1_000;
const giveUpMs = 5_000;
const leaseMs = 30_000;

const listModels = (bearer?: string): Uint8Array =>
  encodeRequest({
    method: 'GET',
    path: '/v1/models',
    headers: bearer === undefined ? {} : { authorization: `Bearer ${bearer}` },
  });

/** Milliseconds from `sinceMs` until it is refused; looked at all the time. */
const untilRefused = async (
  sinceMs: number,
  isAccepted: () => Promise<boolean>,
): Promise<number> => {
  while (await isAccepted()) {
    if (performance.now() - sinceMs > giveUpMs) return Infinity;
    await sleep(1);
  }
  return performance.now() - sinceMs;
};

const demand = (isTrue: boolean, what: string): void => {
  if (!isTrue) throw new Error(what);
};

/** One request on a connection of its own. */
const isServed = async (target: Target, request: Uint8Array): Promise<boolean> => {
  const client = await connectRaw(target).catch(() => undefined);
  if (client === undefined) return false;
  const answer = await client.send(request).catch(() => undefined);
  client.close();
  return answer?.status === 200;
};

/** Opens a connection through a proxy and hears its echo; nothing when it is refused. */
const openEcho = async (port: number, tls: ConnectionOptions): Promise<TLSSocket | undefined> => {
  const socket = connect({ ...tls, host: '127.0.0.1', port });
  socket.on('error', () => undefined);
  socket.write('?');
  const event = await Promise.race([
    once(socket, 'data').then(() => 'echo'),
    once(socket, 'close').then(() => 'closed'),
  ]).catch(() => 'closed');
  return event === 'echo' ? socket : undefined;
};

const closedAfter = (socket: TLSSocket, sinceMs: () => number): Promise<number> =>
  new Promise((resolve) => {
    socket.once('close', () => resolve(performance.now() - sinceMs()));
  });

type X509Times = {
  readonly open: number;
  readonly fresh: number;
  readonly inside: number;
  readonly apart: number;
};

/** One certificate on four connections: the gateway's, a new one each time, and both proxies'. */
const revokeX509 = async ({ server, caller, ...world }: IdentityWorld): Promise<X509Times> => {
  const { credentialId, tls } = await caller.x509();
  const target = { port: world.gatewayPort, tls };
  const client = await connectRaw(target);
  const isAccepted = () =>
    client.send(listModels()).then(
      ({ status }) => status === 200,
      () => false,
    );
  demand(await isAccepted(), 'the gateway does not know its caller');
  const { inside, apart } = world.proxies;
  const proxied = await Promise.all([openEcho(inside, tls), openEcho(apart, tls)]);
  let startedMs = 0;
  const cuts = proxied.map((socket, at) => {
    if (socket === undefined) throw new Error(`proxy ${at} refuses a good peer`);
    return closedAfter(socket, () => startedMs);
  });
  startedMs = performance.now();
  const revoked = server.call('POST', '/api/v1/identity/revocations', { credentialId });
  const [open, fresh, ...cut] = await Promise.all([
    untilRefused(startedMs, isAccepted),
    untilRefused(startedMs, () => isServed(target, listModels())),
    ...cuts,
    revoked,
  ]);
  client.close();
  for (const port of [inside, apart])
    demand((await openEcho(port, tls)) === undefined, 'a proxy lets a revoked peer in');
  return { open, fresh, inside: Number(cut[0]), apart: Number(cut[1]) };
};

/** A bearer credential on a new connection for each request. */
const revokeBearer = async (
  { gatewayPort }: IdentityWorld,
  token: string,
  revoke: () => Promise<unknown>,
): Promise<number> => {
  const target = { port: gatewayPort, tls: { rejectUnauthorized: false } };
  const isAccepted = () => isServed(target, listModels(token));
  demand(await isAccepted(), 'the gateway does not know its caller');
  const startedMs = performance.now();
  const [ms] = await Promise.all([untilRefused(startedMs, isAccepted), revoke()]);
  return ms;
};

const revokeJwt = async (world: IdentityWorld): Promise<number> => {
  const { credentialId, token } = await world.caller.jwt();
  const path = '/api/v1/identity/revocations';
  return revokeBearer(world, token, () => world.server.call('POST', path, { credentialId }));
};

const revokeApiToken = async (world: IdentityWorld): Promise<number> => {
  const { id, token } = await world.caller.apiToken();
  return revokeBearer(world, token, () => world.server.call('DELETE', `/api/v1/tokens/${id}`));
};

/** Serial numbers of the SVIDs that a Workload API stream hands over. */
const followSerials = async function* (client: WorkloadClient, signal: AbortSignal) {
  for await (const { svids } of client.fetchX509SVID({}, { signal })) {
    const [leaf] = orThrow(splitCertificates(svids[0]?.x509Svid ?? new Uint8Array(0)));
    yield new X509Certificate(leaf ?? new Uint8Array(0)).serialNumber.toLowerCase();
  }
};

/** Revokes what a workload holds, again and again; the time until the stream has brought another. */
const revokeServed = async ({ server, socket }: IdentityWorld): Promise<readonly number[]> => {
  const stop = new AbortController();
  const client = orThrow(createWorkloadClient(`unix:${socket}`));
  const serials = followSerials(client, stop.signal);
  const times: number[] = [];
  let { value: serial } = await serials.next();
  while (times.length < rounds) {
    const before = serial;
    const startedMs = performance.now();
    const credentialId = `x509:${String(before)}`;
    const revoked = server.call('POST', '/api/v1/identity/revocations', { credentialId });
    while (serial === before) ({ value: serial } = await serials.next());
    times.push(performance.now() - startedMs);
    await revoked;
  }
  stop.abort();
  return times;
};

const reportTimes = (what: string, times: readonly number[]): void => {
  const unit = 'ms';
  report({ name: `revoked: ${what}, p50`, value: percentile(times, 0.5), unit });
  const bound = { of: 'value', atMost: withinMs } as const;
  report({ name: `revoked: ${what}, p99`, value: percentile(times, 0.99), unit, bound });
};

const times = async <T>(run: () => Promise<T>): Promise<readonly T[]> => {
  const found: T[] = [];
  for (let round = 0; round < rounds; round++) found.push(await run());
  return found;
};

const measureRevocations = async (world: IdentityWorld): Promise<void> => {
  const x509 = await times(() => revokeX509(world));
  const of = (key: keyof X509Times) => x509.map((one) => one[key]);
  reportTimes('gateway refuses an open mTLS connection', of('open'));
  reportTimes('gateway refuses new mTLS connections', of('fresh'));
  reportTimes('proxy in the agent cuts an open connection', of('inside'));
  reportTimes('proxy of its own cuts an open connection', of('apart'));
  reportTimes('gateway refuses a JWT-SVID', await times(() => revokeJwt(world)));
  reportTimes('gateway refuses an API token', await times(() => revokeApiToken(world)));
  reportTimes('Workload API hands out another SVID', await revokeServed(world));
};

/** Seconds from the moment the server falls silent until nobody is believed any more. */
const measurePartition = async ({ server, socket, caller, proxies }: IdentityWorld) => {
  const { tls } = await caller.x509();
  const client = orThrow(createWorkloadClient(`unix:${socket}`));
  const { svids } = await client.fetchJWTSVID({ audience: ['bench'] });
  const svid = svids[0]?.svid ?? '';
  const isValid = () =>
    client.validateJWTSVID({ audience: 'bench', svid }).then(
      () => true,
      () => false,
    );
  demand(await isValid(), 'the agent does not validate its own token');
  const open = await Promise.all([openEcho(proxies.inside, tls), openEcho(proxies.apart, tls)]);
  const startedMs = performance.now();
  const seconds = async (socketOrNot: TLSSocket | undefined): Promise<number> => {
    if (socketOrNot === undefined) throw new Error('a proxy refuses a good peer');
    const late = sleep(2 * leaseMs, Infinity, { ref: false });
    return (await Promise.race([closedAfter(socketOrNot, () => startedMs), late])) / 1000;
  };
  process.kill(server.pid, 'SIGSTOP');
  const validator = async (): Promise<number> => {
    while ((await isValid()) && performance.now() - startedMs < 2 * leaseMs) await sleep(20);
    return (performance.now() - startedMs) / 1000;
  };
  const [validated, inside, apart] = await Promise.all([validator(), ...open.map(seconds)]);
  const closed = await Promise.all([openEcho(proxies.inside, tls), openEcho(proxies.apart, tls)]);
  demand(
    closed.every((one) => one === undefined),
    'a proxy admits without knowledge',
  );
  process.kill(server.pid, 'SIGCONT');
  const bound = { of: 'value', atMost: leaseMs / 1000 } as const;
  for (const [what, value = Infinity] of [
    ['the agent validates no token', validated],
    ['the proxy in the agent has cut its connection', inside],
    ['the proxy of its own has cut its connection', apart],
  ] as const)
    report({ name: `cut off: until ${what}`, value, unit: 's', bound });
};

await using world = await startIdentityWorld();
await measureRevocations(world);
if (!isShort()) await measurePartition(world);
