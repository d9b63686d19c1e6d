/**
 * Mutual TLS for processes that speak plain TCP. A connection is joined only after the peer's SVID,
 * its revocation and policy were judged; not a byte passes before, and none after a refusal. Open
 * connections are judged again when something changes, and cut when they no longer hold.
 */
import { createServer, type Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { isRefusal, type Refusal, refuse } from '../../../kernel/errors.ts';
import { agentErrors } from '../errors.ts';
import { shownChain } from '../server/dial.ts';
import { dial, formatAddress, listenAt } from './addresses.ts';
import { hybridGroup } from './client-hello.ts';
import { peekHello } from './first-bytes.ts';
import { createPeerJudge, type JudgedPeer, type JudgePeer } from './judge-peer.ts';
import { createProxyMetrics, type ProxyMetrics } from './metrics.ts';
import { relay } from './relay.ts';
import { acceptTls, type ContextOf, createContexts, dialTls, negotiatedGroup } from './tls.ts';
import type { Proxy, ProxyLimits, ProxyOptions } from './types.ts';

const defaultLimits: ProxyLimits = {
  maxConnections: 10_000,
  handshakeMs: 10_000,
  idleMs: 300_000,
};

type Live = { readonly peer: JudgedPeer; readonly cut: () => void };

type Parts = {
  readonly options: ProxyOptions;
  readonly limits: ProxyLimits;
  readonly judge: JudgePeer;
  readonly contextOf: ContextOf;
  readonly metrics: ProxyMetrics;
  /** Sockets accepted and not yet ended. */
  readonly accepted: Set<Socket>;
  readonly live: Set<Live>;
};

type Joined = {
  readonly peer: JudgedPeer;
  readonly group: string;
  readonly near: Socket;
  readonly far: Socket;
};

const untold = (what: string): Refusal => refuse(agentErrors.E_PROXY_PEER, what);

/** Resolves at the event; rejects when the socket fails or ends first. */
const until = (socket: Socket, event: 'connect' | 'secure' | 'secureConnect'): Promise<void> =>
  new Promise((resolve, reject) => {
    socket.once(event, () => resolve());
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('closed during the handshake')));
  });

/** TLS comes in: judged, then joined with the plain target. */
const joinInbound = async (socket: Socket, parts: Parts): Promise<Joined | Refusal> => {
  const { options, judge, contextOf } = parts;
  const hello = await peekHello(socket);
  if (hello === undefined) return untold('it does not speak TLS');
  const context = contextOf();
  if (context === undefined) return refuse(agentErrors.E_AGENT_NOT_READY, 'no identity yet');
  const tls: TLSSocket = acceptTls(socket, context);
  await until(tls, 'secure');
  const peer = await judge(shownChain(tls));
  if (isRefusal(peer)) return peer;
  const far = dial(options.target);
  await until(far, 'connect');
  const isHybrid = options.requirePq || hello.keyShares.includes(hybridGroup);
  return { peer, group: isHybrid ? 'X25519MLKEM768' : 'X25519', near: tls, far };
};

/** Plain comes in from our own process: joined with the peer after that was judged. */
const joinOutbound = async (socket: Socket, parts: Parts): Promise<Joined | Refusal> => {
  const { options, judge, contextOf } = parts;
  const context = contextOf();
  if (context === undefined) return refuse(agentErrors.E_AGENT_NOT_READY, 'no identity yet');
  const bare = dial(options.target);
  socket.once('close', () => bare.destroy());
  await until(bare, 'connect');
  const far = dialTls(bare, context, options.requirePq);
  await until(far, 'secureConnect');
  const peer = await judge(shownChain(far));
  if (!isRefusal(peer)) return { peer, group: negotiatedGroup(far), near: socket, far };
  far.destroy();
  return peer;
};

const serve = async (parts: Parts, joined: Joined): Promise<void> => {
  const { near, far, peer, group } = joined;
  const { metrics, limits, options, live } = parts;
  const entry: Live = {
    peer,
    cut: () => {
      near.destroy();
      far.destroy();
    },
  };
  live.add(entry);
  metrics.joined(group);
  options.log.debug({ peer: peer.spiffeId, group }, 'connection joined');
  await relay(near, far, limits.idleMs);
  live.delete(entry);
};

const onConnection = async (socket: Socket, parts: Parts): Promise<void> => {
  const { options, limits, metrics, accepted } = parts;
  accepted.add(socket);
  socket.on('error', () => undefined);
  socket.once('close', () => accepted.delete(socket));
  const timer = setTimeout(() => socket.destroy(), limits.handshakeMs);
  const join = options.direction === 'in' ? joinInbound : joinOutbound;
  try {
    const joined = await join(socket, parts);
    clearTimeout(timer);
    if (!isRefusal(joined)) return await serve(parts, joined);
    metrics.refused(joined.error.code);
    options.log.warn({ code: joined.error.code, detail: joined.detail }, 'connection refused');
    socket.destroy();
  } catch (error) {
    metrics.refused('handshake');
    options.log.debug({ error: String(error) }, 'connection not established');
    socket.destroy();
  } finally {
    clearTimeout(timer);
  }
};

/** Judges everything open again at once; the slowest verdict bounds the time. */
const recheckAll = async ({ live, judge, metrics, options }: Parts): Promise<void> => {
  await Promise.all(
    [...live].map(async (entry) => {
      const verdict = await judge(entry.peer.chain);
      if (!isRefusal(verdict)) return;
      entry.cut();
      metrics.cut(verdict.error.code);
      const { spiffeId: peer } = entry.peer;
      options.log.warn({ peer, code: verdict.error.code }, 'open connection cut');
    }),
  );
};

const recheckMs = 1_000;
/** Growing stale costs nothing to see, and ends everything at once. */
const stalenessMs = 100;

const startRechecking = (parts: Parts): (() => void) => {
  const { isStale } = parts.options;
  const recheck = (): void => void recheckAll(parts);
  // Knowledge grows old, and certificates expire, without anybody saying so.
  const timers = [
    setInterval(recheck, recheckMs),
    setInterval(() => {
      if (parts.live.size > 0 && isStale()) recheck();
    }, stalenessMs),
  ];
  return () => {
    for (const timer of timers) clearInterval(timer);
  };
};

/** Starts a proxy. @throws SallyportError E_PROXY_LISTEN */
export const startProxy = async (options: ProxyOptions): Promise<Proxy> => {
  const limits = { ...defaultLimits, ...options.limits };
  const parts: Parts = {
    options,
    limits,
    judge: createPeerJudge(options),
    contextOf: createContexts(options),
    metrics: createProxyMetrics(options),
    accepted: new Set(),
    live: new Set(),
  };
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    void onConnection(socket, parts);
  });
  server.maxConnections = limits.maxConnections;
  const address = await listenAt(server, options.listen);
  options.log.info({ address: formatAddress(address) }, `proxy ${options.direction}`);
  const stopRechecking = startRechecking(parts);
  return {
    address,
    connections: () => parts.live.size,
    recheck: () => recheckAll(parts),
    close: async () => {
      stopRechecking();
      const ended = new Promise((resolve) => server.close(resolve));
      for (const { cut } of parts.live) cut();
      for (const socket of parts.accepted) socket.destroy();
      await ended;
    },
  };
};
