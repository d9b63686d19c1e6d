/**
 * A real server for the benches and the crash sweep: started from bin, administered with the tool,
 * one OpenAI endpoint, one caller with a role, a token, a JWT-SVID and an X.509-SVID, and a budget
 * so large that it never refuses.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ConnectionOptions } from 'node:tls';
import { controlPlaneOf } from '../../examples/factory/control-plane.ts';
import { runTool, sallyport } from '../../examples/factory/programs.ts';
import { type Child, startChild } from './child.ts';

export type Credentials = {
  readonly apiToken: string;
  readonly jwtSvid: string;
  readonly tls: ConnectionOptions;
};
export type RunningGateway = AsyncDisposable & {
  readonly directory: string;
  readonly dataDir: string;
  /** Port of the plain listener. */
  readonly port: number;
  /** Port of the listener that wants client certificates. */
  readonly tlsPort: number;
  /** The server process at this moment. */
  readonly server: () => Child;
  readonly credentials: Credentials;
  /** Starts the server again on the same data, after it was killed or stopped. */
  readonly restart: () => Promise<void>;
  /** Starts a stopped server and kills it so many milliseconds later, ready or not. */
  readonly killWhileStarting: (ms: number) => Promise<void>;
};

const trustDomain = 'bench.local';
const callerId = `spiffe://${trustDomain}/caller`;
const plentyOfRequests = 1_000_000_000;

/** A port that was free a moment ago. */
export const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const probe = createServer().once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' ? (address?.port ?? 0) : 0));
    });
  });

type Place = { readonly directory: string; readonly port: number; readonly tlsPort: number };

const launch = ({ directory, port, tlsPort }: Place): Child => {
  const config = join(directory, 'sallyport.yaml');
  const listener = `{ host: 127.0.0.1, port: ${tlsPort}, tls: required }`;
  writeFileSync(config, `trustDomain: ${trustDomain}\ngateway: { listeners: [${listener}] }\n`);
  const dataDir = join(directory, 'data');
  const flags = ['--config', config, '--data-dir', dataDir, '--log-level', 'error'];
  const server = [process.execPath, sallyport, 'server', ...flags];
  return startChild([...server, '--port', String(port), '--json']);
};

/** Starts the server and waits until it says that it is ready. */
const startServer = async (place: Place): Promise<Child> => {
  const child = launch(place);
  await child.line((line) => line.startsWith('{'));
  return child;
};

const administer = async ({ directory }: Place, upstreamPort: number): Promise<Credentials> => {
  const dataDir = join(directory, 'data');
  const tool = async (...args: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await runTool([...args, '--data-dir', dataDir]);
    if (code !== 0) throw new Error(`sallyport ${args.join(' ')}: ${stderr}`);
    return stdout.trim();
  };
  await tool('enrol', '--name', 'bench');
  const role = ['--role', 'bencher'];
  await tool(
    'principal',
    'create',
    'caller',
    '--type',
    'Service',
    ...role,
    '--spiffe-id',
    callerId,
  );
  const upstream = ['--url', `http://127.0.0.1:${upstreamPort}`, '--network', 'private'];
  await tool('endpoint', 'add', 'bench', '--protocol', 'openai', ...upstream, ...role);
  const limit = { scope: { kind: 'principal', id: 'caller' }, measure: 'requests' };
  const body = { ...limit, window: 'month', amount: plentyOfRequests };
  await controlPlaneOf(dataDir).call('PUT', '/api/v1/limits', body);
  const apiToken = await tool('token', 'create', '--principal', 'caller');
  const mint = ['svid', 'mint', '--spiffe-id', callerId];
  const audience = ['--audience', `spiffe://${trustDomain}/sallyport`];
  const jwtSvid = await tool(...mint, '--jwt', ...audience, '--ttl', '1h');
  const caller = join(directory, 'caller');
  await tool(...mint, '--out', caller);
  const tls = {
    cert: readFileSync(join(caller, 'svid.pem')),
    key: readFileSync(join(caller, 'svid-key.pem')),
    ca: readFileSync(join(caller, 'bundle.pem')),
    checkServerIdentity: () => undefined,
    minVersion: 'TLSv1.3',
  } as const;
  return { apiToken, jwtSvid, tls };
};

/** Starts and administers a server whose endpoint `bench` leads to the upstream. */
export const startGateway = async (upstreamPort: number): Promise<RunningGateway> => {
  const directory = mkdtempSync(join(tmpdir(), 'sallyport-bench-'));
  const place = { directory, port: await freePort(), tlsPort: await freePort() };
  let child = await startServer(place);
  const close = async (): Promise<void> => {
    await child.stop();
    rmSync(directory, { recursive: true, force: true });
  };
  try {
    const credentials = await administer(place, upstreamPort);
    return {
      ...place,
      dataDir: join(directory, 'data'),
      server: () => child,
      credentials,
      restart: async () => {
        await child.stop();
        child = await startServer(place);
      },
      killWhileStarting: async (ms) => {
        const short = launch(place);
        await new Promise((resolve) => setTimeout(resolve, ms));
        await short.stop('SIGKILL');
      },
      [Symbol.asyncDispose]: close,
    };
  } catch (error) {
    await close();
    throw error;
  }
};
