/** A server process on a fresh data directory with client certificates, and its first administrator. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Agent } from 'undici';

export type RealServer = {
  readonly url: string;
  readonly pid: number;
  /** Trust anchors in PEM. */
  readonly trustPem: string;
  readonly call: (method: string, path: string, body?: unknown) => Promise<Record<string, unknown>>;
  readonly stop: (signal?: NodeJS.Signals) => Promise<void>;
};

export type RealServerOptions = {
  readonly directory: string;
  readonly port?: number;
  readonly token?: string;
  readonly settings?: readonly string[];
};

const startProcess = async ({ directory, port = 0, settings = [] }: RealServerOptions) => {
  const words = ['bin/sallyport.js', 'server', '--data-dir', join(directory, 'data')];
  const chosen = ['server.tls.mode=optional', ...settings].flatMap((one) => ['--set', one]);
  const child = spawn(
    process.execPath,
    [...words, '--port', String(port), '--log-level', 'warn', '--json', '--quiet', ...chosen],
    { stdio: ['ignore', 'pipe', 'inherit'], env: { PATH: process.env['PATH'], HOME: directory } },
  );
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  const { url } = JSON.parse(line.toString()) as { readonly url: string };
  return { child, url };
};

const stopProcess = async (child: ChildProcess, signal: NodeJS.Signals): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill(signal);
  await exit;
};

const fileNamed = (directory: string, part: string): string => {
  const name = readdirSync(directory).find((file) => file.includes(part));
  assert.ok(name, `${part} in ${directory}`);
  return readFileSync(join(directory, name), 'utf8').trim();
};

/** Starts a server; without a token it becomes its first administrator. */
export const startRealServer = async (
  options: RealServerOptions,
): Promise<RealServer & { readonly token: string }> => {
  const dataDir = join(options.directory, 'data');
  const { child, url } = await startProcess(options);
  const trustPem = fileNamed(dataDir, 'bundle');
  const dispatcher = new Agent({ connect: { ca: trustPem } });
  const held = { token: options.token ?? '' };
  const call: RealServer['call'] = async (method, path, body) => {
    const answer = await dispatcher.request({
      origin: url,
      path,
      method: method as 'GET',
      headers: {
        authorization: `Bearer ${held.token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const value = (await answer.body.json()) as Record<string, unknown>;
    assert.ok(answer.statusCode < 300, `${method} ${path}: ${JSON.stringify(value)}`);
    return value;
  };
  if (options.token === undefined) {
    const code = fileNamed(dataDir, 'enrol');
    const enrolled = await call('POST', '/api/v1/enrolment', { code, name: 'Ada' });
    held.token = String(enrolled['token']);
  }
  return {
    url,
    pid: child.pid ?? -1,
    trustPem,
    token: held.token,
    call,
    stop: async (signal = 'SIGTERM') => {
      await dispatcher.destroy();
      await stopProcess(child, signal);
    },
  };
};
