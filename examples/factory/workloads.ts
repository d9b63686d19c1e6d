/**
 * Identities from the agent: a principal and a registration entry for each workload, an agent that
 * proves its node with a one-time token, and a socket of its own for each workload. Whoever calls
 * through that socket, under the right user, gets the identity; nobody mints or copies files.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Narrator } from './narrator.ts';
import { type Program, sallyport, startProgram } from './programs.ts';

export const trustDomain = 'factory.local';
const spiffeId = (name: string): string => `spiffe://${trustDomain}/${name}`;

/** Name and role. */
const callers = [
  ['scorer', 'digits-reader'],
  ['spender', 'digits-reader'],
  ['leaver', 'digits-reader'],
  ['gardener', 'plant-waterer'],
] as const;
const names = ['model-server', ...callers.map(([name]) => name)];

export type Surroundings = {
  readonly directory: string;
  readonly serverUrl: string;
  readonly tool: (...args: readonly string[]) => Promise<string>;
  readonly narrator: Narrator;
};

/** Everything that has to be stopped, and the ids of the entries by the names of the workloads. */
export type Workloads = {
  readonly programs: readonly Program[];
  readonly entries: ReadonlyMap<string, string>;
  /** Address of the Workload API of one workload. */
  readonly socketOf: (name: string) => string;
};

const startAgent = async ({ directory, serverUrl, tool, narrator }: Surroundings) => {
  const token = (await tool('identity', 'agent', 'token', '--node', 'factory-1')).trim();
  writeFileSync(join(directory, 'join-token'), token, { mode: 0o600 });
  const options = {
    server: serverUrl,
    bundle: join(directory, 'data', 'bundle.pem'),
    'token-file': join(directory, 'join-token'),
    state: join(directory, 'agent'),
    'socket-dir': join(directory, 'run'),
  };
  const named = Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]);
  const args = ['agent', 'run', ...named, ...names.flatMap((name) => ['--workload', name])];
  narrator.command(`sallyport ${args.join(' ')}`);
  return startProgram([sallyport, ...args, '--json', '--log-level', 'error']);
};

/** Keeps the files of a workload fresh for as long as it runs. */
const watchFiles = (socket: string, out: string): Promise<Program> =>
  startProgram([sallyport, 'svid', 'watch', '--socket', socket, '--out', out, '--json']);

/** Registers the workloads, starts the agent, and fetches what the callers need. */
export const createWorkloads = async (around: Surroundings): Promise<Workloads> => {
  const { directory, tool, narrator } = around;
  narrator.chapter('Identities: registered once, handed out by the agent, renewed by themselves');
  const create = ['principal', 'create'];
  const id = (name: string): readonly string[] => ['--spiffe-id', spiffeId(name)];
  await tool(...create, 'model-server', '--type', 'Service', ...id('model-server'));
  for (const [name, role] of callers)
    await tool(...create, name, '--type', 'Service', '--role', role, ...id(name));
  const agent = await startAgent(around);
  const agentId = String(agent.announced['agentId']);
  const uid = process.getuid?.() ?? 0;
  const entries = new Map<string, string>();
  for (const name of names) {
    const shows = ['--selector', `socket:${name}`, '--selector', `unix:uid:${uid}`];
    const add = ['identity', 'entry', 'add', ...id(name), '--agent', agentId, ...shows];
    entries.set(name, (await tool(...add)).trim());
  }
  const socketOf = (name: string): string => `unix:${join(directory, 'run', `${name}.sock`)}`;
  narrator.command(
    'sallyport svid watch --socket unix:run/scorer.sock --out scorer   # and others',
  );
  const watching = await Promise.all(
    callers.map(([name]) => watchFiles(socketOf(name), join(directory, name))),
  );
  // One credential that lives for a second, made by hand: the agent would renew it.
  const late = ['--ttl', '1s', '--out', join(directory, 'latecomer')];
  await tool('svid', 'mint', ...id('scorer'), ...late);
  return { programs: [...watching, agent], entries, socketOf };
};
