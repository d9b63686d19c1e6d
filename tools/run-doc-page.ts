/**
 * Runs the marked blocks of one page (see doc-blocks.ts) in a fresh directory that looks like a
 * clone of the repository. The ports that pages name stand for free ones of this run. Nothing it
 * started is left behind.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { type DocBlock, type Place, runnableBlocks, withPorts } from './doc-blocks.ts';

/** What a reader finds in a clone, as far as pages use it. */
const cloned = [
  'bin',
  'content',
  'examples',
  'node_modules',
  'package.json',
  'src',
  'test',
] as const;
/** Ports that pages name: the server, a listener of the gateway, an upstream, a second server. */
const namedPorts = [7700, 7701, 9000, 7800] as const;
const blockTimeoutMs = 120_000;
const startTimeoutMs = 30_000;

type Page = {
  readonly path: string;
  readonly directory: string;
  readonly ports: ReadonlyMap<number, number>;
  readonly running: Map<Place, ChildProcess>;
  /** Takes what each block said. */
  readonly show: (text: string) => void;
};

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
};

/** Nothing of the caller's own Sallyport counts. */
const environment = (directory: string): NodeJS.ProcessEnv => ({
  ...Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith('SALLYPORT_')),
  ),
  HOME: directory,
  PATH: `${directory}:${resolve('node_modules/.bin')}:${process.env['PATH'] ?? ''}`,
});

const bash = ['-euo', 'pipefail', '-c'] as const;

const answers = async ({ ports, directory }: Page, place: Place): Promise<boolean> => {
  const socket =
    typeof place === 'number'
      ? connect(ports.get(place) ?? place, '127.0.0.1')
      : connect(join(directory, place));
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
};

const stop = async (page: Page, named: Place): Promise<void> => {
  const child = page.running.get(named);
  page.running.delete(named);
  if (child?.pid === undefined || child.exitCode !== null) return;
  process.kill(-child.pid, 'SIGTERM');
  await once(child, 'exit');
};

const startInBackground = async (page: Page, block: DocBlock, named: Place): Promise<void> => {
  const { directory, ports, path } = page;
  const log = join(directory, `background-${String(named).replaceAll('/', '-')}.log`);
  const output = openSync(log, 'a');
  const child = spawn('bash', [...bash, withPorts(block.script, ports)], {
    cwd: directory,
    env: environment(directory),
    stdio: ['ignore', output, output],
    detached: true,
  });
  closeSync(output);
  page.running.set(named, child);
  const lastMs = Date.now() + startTimeoutMs;
  while (!(await answers(page, named))) {
    if (child.exitCode !== null || Date.now() > lastMs)
      throw new Error(`${path}:${block.line} does not answer\n${readFileSync(log, 'utf8')}`);
    await wait(100);
  }
};

const runBlock = (page: Page, { line, script, exitCode }: DocBlock): void => {
  const run = spawnSync('bash', [...bash, withPorts(script, page.ports)], {
    cwd: page.directory,
    env: environment(page.directory),
    encoding: 'utf8',
    timeout: blockTimeoutMs,
  });
  const said = `${run.stdout}${run.stderr}`;
  if (run.status === exitCode) return page.show(`${page.path}:${line}\n${said}\n`);
  throw new Error(`${page.path}:${line} ended with ${run.status}, not ${exitCode}\n${said}`);
};

/** Throws at the first block that ends otherwise than the page says. */
export const runDocPage = async (
  path: string,
  show: Page['show'] = () => undefined,
): Promise<void> => {
  const directory = mkdtempSync(join(tmpdir(), 'sallyport-docs-'));
  const ports = new Map<number, number>();
  for (const port of namedPorts) ports.set(port, await freePort());
  const page: Page = { path, directory, ports, running: new Map(), show };
  try {
    for (const name of cloned) symlinkSync(resolve(name), join(directory, name));
    symlinkSync(resolve('bin/sallyport.js'), join(directory, 'sallyport'));
    for (const block of runnableBlocks(readFileSync(path, 'utf8'))) {
      if (block.after !== undefined) await stop(page, block.after);
      if (block.background === undefined) runBlock(page, block);
      else await startInBackground(page, block, block.background);
    }
  } finally {
    for (const named of page.running.keys()) await stop(page, named);
    rmSync(directory, { recursive: true, force: true });
  }
};

if (import.meta.main)
  for (const path of process.argv.slice(2))
    await runDocPage(path, (text) => void process.stdout.write(text));
