/** Foreign programs on loopback: started on a free port, awaited, ended by their process. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import type { Material, PemIdentity } from './material.ts';

const directories = ['/usr/bin', '/usr/sbin', '/usr/lib/postgresql/15/bin', '/usr/local/bin'];

/** Where Debian puts it, or undefined. */
export const findProgram = (name: string): string | undefined =>
  directories.map((directory) => join(directory, name)).find((path) => existsSync(path));

/** The reason to skip, loudly. */
export const skipWithout = (...names: readonly string[]): string | false => {
  const missing = names.filter((name) => findProgram(name) === undefined);
  return missing.length === 0 ? false : `${missing.join(', ')} not installed: NOT checked`;
};

/** A port that was free a moment ago. */
export const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  return address.port;
};

export type Daemon = { readonly close: () => Promise<void> };
export type DaemonOptions = {
  readonly port: number;
  readonly uid?: number;
  readonly gid?: number;
  readonly cwd?: string;
};

const answers = async (port: number): Promise<boolean> => {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
};

const end = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  // SIGINT is a fast end for PostgreSQL and an end for all others.
  child.kill('SIGINT');
  const timer = setTimeout(() => child.kill('SIGKILL'), 5_000);
  await ended;
  clearTimeout(timer);
};

/** Starts a program that stays in the foreground and waits until its port answers. */
export const startDaemon = async (
  name: string,
  args: readonly string[],
  { port, ...options }: DaemonOptions,
): Promise<Daemon> => {
  const child = spawn(findProgram(name) ?? name, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    ...options,
  });
  const output: string[] = [];
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => output.push(chunk.toString()));
  const deadlineMs = performance.now() + 15_000;
  while (!(await answers(port))) {
    const hasEnded = child.exitCode !== null || child.signalCode !== null;
    if (hasEnded || performance.now() > deadlineMs) {
      await end(child);
      throw new Error(`${name} does not answer: ${output.join('').slice(-2_000)}`);
    }
    await sleep(50);
  }
  return { close: () => end(child) };
};

export type Run = { readonly code: number | null; readonly output: string };

/** Runs a program to its end. */
export const runProgram = (name: string, args: readonly string[], input = ''): Run => {
  const { status, stdout, stderr } = spawnSync(findProgram(name) ?? name, args, {
    input,
    timeout: 15_000,
  });
  return { code: status, output: Buffer.concat([stdout, stderr]).toString() };
};

export const credentials = (material: Material, identity: PemIdentity | undefined) => ({
  ca: material.ca,
  // The name in an SVID is its SPIFFE ID; the chain is still checked.
  checkServerIdentity: () => undefined,
  ...(identity === undefined ? {} : { cert: identity.cert, key: identity.key }),
});

/** One exchange over mutual TLS; what the server says, or `refused`. */
export const exchange = async (
  port: number,
  request: string,
  options: ReturnType<typeof credentials>,
): Promise<string> => {
  const socket: TLSSocket = connectTls({ host: '127.0.0.1', port, ...options });
  const chunks: Buffer[] = [];
  const ended = new Promise<void>((resolve) => {
    socket.on('error', () => resolve());
    socket.on('close', () => resolve());
    socket.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      if (chunk.includes('\n')) socket.end();
    });
  });
  socket.write(request);
  await ended;
  return chunks.length === 0 ? 'refused' : Buffer.concat(chunks).toString();
};
