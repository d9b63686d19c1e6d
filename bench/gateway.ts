/**
 * The gateway against a bare Node/undici proxy and against Portkey's gateway, all on the same two
 * cores with the load generator and the upstream: throughput with API token, JWT-SVID and mutual
 * TLS, added latency at 500 requests/s, and memory over many requests.
 */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { chatBody, chatHeaders, chatPath, chatRequest } from './harness/chat.ts';
import { type Child, residentMegabytes, startChild } from './harness/child.ts';
import { type LoadResult, saturate, sendAtRate } from './harness/load.ts';
import type { Target } from './harness/raw-client.ts';
import { isShort, percentile, report } from './harness/report.ts';
import { freePort, type RunningGateway, startGateway } from './harness/running-gateway.ts';
import { hasWrk, runWrk } from './harness/wrk.ts';

const seconds = isShort() ? 3 : 8;
const rounds = isShort() ? 2 : 3;
const memoryRequests = isShort() ? 40_000 : 200_000;
const connections = 64;
const here = import.meta.dirname;

const portOf = async (child: Child): Promise<number> => {
  const line = await child.line((candidate) => candidate.startsWith('{'));
  return (JSON.parse(line) as { readonly port: number }).port;
};

type Contender = {
  readonly port: number;
  readonly headers: Readonly<Record<string, string>>;
};

/** Requests per second by wrk; throws when answers were not 2xx, since those are no work done. */
const throughput = async ({ port, headers }: Contender, forSeconds: number): Promise<number> => {
  const result = await runWrk({
    url: `http://127.0.0.1:${port}${chatPath}`,
    method: 'POST',
    headers,
    body: chatBody,
    connections,
    seconds: forSeconds,
  });
  if (result.refused + result.socketErrors > 0)
    throw new Error(`port ${port}: ${result.refused} refused, ${result.socketErrors} broken`);
  return result.requestsPerSecond;
};

/** Best of several rounds for each, taken in turn, so that a busy moment hits all of them alike. */
const compare = async <Name extends string>(
  names: readonly Name[],
  measure: (name: Name, forSeconds: number) => Promise<number>,
): Promise<Readonly<Record<Name, number>>> => {
  const best = Object.fromEntries(names.map((name) => [name, 0])) as Record<Name, number>;
  for (const name of names) await measure(name, 2);
  for (let round = 0; round < rounds; round++)
    for (const name of names) best[name] = Math.max(best[name], await measure(name, seconds));
  return best;
};

const startPortkey = async (upstreamPort: number): Promise<{ child: Child; port: number }> => {
  const program = join(here, 'peers/node_modules/@portkey-ai/gateway/build/start-server.js');
  if (!existsSync(program))
    execFileSync('npm', ['ci', '--prefix', join(here, 'peers'), '--ignore-scripts'], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  const port = await freePort();
  const child = startChild([process.execPath, program, `--port=${port}`, '--headless']);
  const deadline = performance.now() + 20_000;
  for (;;) {
    const answer = await fetch(`http://127.0.0.1:${port}${chatPath}`, {
      method: 'POST',
      headers: portkeyHeaders(upstreamPort),
      body: chatBody,
    }).catch(() => undefined);
    if (answer?.status === 200) return { child, port };
    if (performance.now() > deadline) throw new Error(`Portkey answers ${answer?.status}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
};

const portkeyHeaders = (upstreamPort: number): Readonly<Record<string, string>> => ({
  ...chatHeaders('none'),
  'x-portkey-provider': 'openai',
  'x-portkey-custom-host': `http://127.0.0.1:${upstreamPort}/v1`,
});

const compareThroughput = async (
  gateway: RunningGateway,
  ports: { readonly upstream: number; readonly bare: number },
): Promise<void> => {
  const { apiToken, jwtSvid } = gateway.credentials;
  const peer = await startPortkey(ports.upstream);
  await using _peer = peer.child;
  const contenders = {
    bare: { port: ports.bare, headers: chatHeaders() },
    token: { port: gateway.port, headers: chatHeaders(apiToken) },
    jwt: { port: gateway.port, headers: chatHeaders(jwtSvid) },
    portkey: { port: peer.port, headers: portkeyHeaders(ports.upstream) },
  } as const;
  const { bare, token, jwt, portkey } = await compare(
    ['bare', 'token', 'jwt', 'portkey'],
    (name, forSeconds) => throughput(contenders[name], forSeconds),
  );
  const unit = 'requests/s';
  const bound = { of: 'ratio', atLeast: 0.6 } as const;
  report({ name: 'gateway: API token', value: token, unit, baseline: bare, bound });
  report({ name: 'gateway: JWT-SVID', value: jwt, unit, baseline: bare, bound });
  const name = 'gateway: API token against Portkey';
  report({ name, value: token, unit, baseline: portkey, bound: { of: 'ratio', atLeast: 5 } });
};

const mustAnswer = (result: LoadResult, what: string): LoadResult => {
  if (result.failures > 0) throw new Error(`${what}: ${result.failures} requests failed`);
  return result;
};

/** Mutual TLS on both sides of the comparison; wrk shows no certificates, our generator does. */
const compareMutualTls = async (gateway: RunningGateway, upstream: number): Promise<void> => {
  const { tls } = gateway.credentials;
  const file = (name: string): string => join(gateway.directory, 'caller', name);
  const files = ['--cert', file('svid.pem'), '--key', file('svid-key.pem')];
  const program = join(here, 'baselines/bare-proxy.ts');
  const origin = `http://127.0.0.1:${upstream}`;
  await using bare = startChild([
    process.execPath,
    program,
    origin,
    ...files,
    '--ca',
    file('bundle.pem'),
  ]);
  const ports = { bare: await portOf(bare), gateway: gateway.tlsPort };
  const best = await compare(['bare', 'gateway'], async (name, forSeconds) => {
    const target = { port: ports[name], tls };
    const load = { target, request: chatRequest(), connections, seconds: forSeconds };
    return mustAnswer(await saturate(load), 'mTLS').requestsPerSecond;
  });
  const bound = { of: 'ratio', atLeast: 0.6 } as const;
  const name = 'gateway: mutual TLS';
  report({ name, value: best.gateway, unit: 'requests/s', baseline: best.bare, bound });
};

/** Time added at a steady 500 requests/s, over asking the upstream itself. */
const compareLatency = async (gateway: RunningGateway, upstream: number): Promise<void> => {
  const measure = async (target: Target, bearer?: string): Promise<LoadResult> => {
    const load = { target, request: chatRequest(bearer), connections, perSecond: 500 };
    await sendAtRate({ ...load, seconds: 2 });
    return mustAnswer(await sendAtRate({ ...load, seconds }), 'latency');
  };
  const direct = await measure({ port: upstream });
  const through = await measure({ port: gateway.port }, gateway.credentials.apiToken);
  for (const [share, atMost] of [
    [0.5, 1],
    [0.99, 5],
  ] as const) {
    const added = percentile(through.latenciesMs, share) - percentile(direct.latenciesMs, share);
    const name = `gateway: added latency p${share * 100} at 500 requests/s`;
    report({ name, value: added, unit: 'ms', bound: { of: 'value', atMost } });
  }
};

/** Memory after half and after all requests: bounded, and not growing. */
const watchMemory = async (gateway: RunningGateway): Promise<void> => {
  const request = chatRequest(gateway.credentials.apiToken);
  const load = { target: { port: gateway.port }, request, connections };
  const pass = async (): Promise<number> => {
    for (let done = 0; done < memoryRequests / 2; )
      done += mustAnswer(await saturate({ ...load, seconds: 2 }), 'memory').requests;
    return residentMegabytes(gateway.server().pid);
  };
  const half = await pass();
  const value = await pass();
  const after = `after ${memoryRequests.toLocaleString('en')} requests`;
  report({ name: `gateway: RSS ${after}`, value, unit: 'MB', bound: { of: 'value', atMost: 200 } });
  const growth = { name: `gateway: RSS ${after}, against half of them`, value, unit: 'MB' };
  report({ ...growth, baseline: half, bound: { of: 'ratio', atMost: 1.1 } });
};

if (!hasWrk()) throw new Error('wrk is not installed (Debian package wrk)');
await using upstream = startChild([process.execPath, join(here, 'baselines/upstream.ts')]);
const upstreamPort = await portOf(upstream);
const origin = `http://127.0.0.1:${upstreamPort}`;
await using gateway = await startGateway(upstreamPort);
{
  await using bare = startChild([process.execPath, join(here, 'baselines/bare-proxy.ts'), origin]);
  await compareThroughput(gateway, { upstream: upstreamPort, bare: await portOf(bare) });
}
await compareMutualTls(gateway, upstreamPort);
await compareLatency(gateway, upstreamPort);
await watchMemory(gateway);
