/**
 * Everything the story stands on: a trained model, a running Sallyport, workloads with identities,
 * the model behind the gateway. Each step is a command anybody can type; the story prints it.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { type Call, call, type Outcome, type Workload } from './caller.ts';
import type { Digit } from './digits.ts';
import type { Narrator } from './narrator.ts';
import { type Finished, type Program, runTool, sallyport, startProgram } from './programs.ts';
import { encodeNetwork, train } from './train.ts';
import { createWorkloads, trustDomain, type Workloads } from './workloads.ts';

export { trustDomain } from './workloads.ts';

const gatewayId = `spiffe://${trustDomain}/sallyport`;
export const modelServerId = `spiffe://${trustDomain}/model-server`;

export type LedgerRow = {
  readonly index: number;
  readonly decision: 'allow' | 'deny' | null;
  readonly resource: string | null;
};
export type Stage = {
  readonly directory: string;
  readonly dataDir: string;
  readonly heldOut: readonly Digit[];
  readonly gatewayPort: number;
  readonly modelPort: number;
  readonly workload: (name: string) => Workload;
  /** One call to the gateway. */
  readonly ask: (call: Omit<Call, 'port' | 'server'>) => Promise<Outcome>;
  /** One call past the gateway. */
  readonly askModel: (call: Omit<Call, 'port' | 'server'>) => Promise<Outcome>;
  /** Runs `sallyport …` on this data directory and prints it; throws when it fails. */
  readonly tool: (...args: readonly string[]) => Promise<string>;
  /** Runs `sallyport …` as it is, whatever comes of it. */
  readonly tryTool: (...args: readonly string[]) => Promise<Finished>;
  /** At most so many requests an hour for a principal. */
  readonly setRequestLimit: (principal: string, requests: number) => Promise<void>;
  /** What the ledger's index says about a principal, newest last. */
  readonly ledgerRows: (principal: string) => Promise<readonly LedgerRow[]>;
  /** Stops the server, so that the ledger is at rest. */
  readonly stopServer: () => Promise<number | null>;
  /** Id of the registration entry of a workload. */
  readonly entryOf: (name: string) => string;
  /** Address of the Workload API of a workload. */
  readonly socketOf: Workloads['socketOf'];
  readonly close: () => Promise<void>;
};

/** A port that was free a moment ago, for a listener whose number must be known beforehand. */
const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const probe = createServer().once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' ? (address?.port ?? 0) : 0));
    });
  });

const endpointFile = (modelPort: number): string => `# The digit reader behind the gateway.
protocol: v2
url: https://127.0.0.1:${modelPort}
network: private
upstreamModel: digits
tls:
  spiffeId: ${modelServerId}
inputs:
  - name: pixels
    datatype: FP32
    shape: [-1, 784]
    minimum: 0
    maximum: 1
limits:
  maxTensorElements: 50176
allowedRoles: [digits-reader]
`;

const trainModel = (directory: string, narrator: Narrator): readonly Digit[] => {
  narrator.chapter('A model: learn to read digits from 8,571 real ones');
  const { network, accuracy, heldOut, seconds } = train((epoch, share) =>
    narrator.say(`epoch ${epoch}: ${(share * 100).toFixed(2)} % of the held-out digits`),
  );
  if (accuracy < 0.92) throw new Error(`the model reads only ${accuracy} of the digits`);
  writeFileSync(join(directory, 'digits.safetensors'), encodeNetwork(network));
  narrator.say(
    `${(accuracy * 100).toFixed(2)} % of ${heldOut.length} digits it never saw,` +
      ` ${seconds.toFixed(1)} s, written to digits.safetensors`,
  );
  return heldOut;
};

const startServer = async (directory: string, narrator: Narrator) => {
  narrator.chapter('A gate: start Sallyport and become its administrator');
  const gatewayPort = await freePort();
  const config = join(directory, 'sallyport.yaml');
  const dataDir = join(directory, 'data');
  writeFileSync(
    config,
    `trustDomain: ${trustDomain}\nserver:\n  tls: { mode: optional }\ngateway:\n  listeners:\n` +
      `    - { host: 127.0.0.1, port: ${gatewayPort}, tls: optional }\n`,
  );
  const args = ['server', '--config', config, '--data-dir', dataDir, '--port', '0', '--json'];
  narrator.command(`sallyport ${args.join(' ')}`);
  const server = await startProgram([sallyport, ...args, '--log-level', 'warn']);
  narrator.say(`control plane ${String(server.announced['url'])}, gateway port ${gatewayPort}`);
  return { server, gatewayPort, dataDir };
};

const createTool =
  (dataDir: string, narrator: Narrator) =>
  async (...args: readonly string[]): Promise<string> => {
    narrator.command(`sallyport ${args.join(' ')} --data-dir ${dataDir}`);
    const { code, stdout, stderr } = await runTool([...args, '--data-dir', dataDir]);
    if (code !== 0) throw new Error(`sallyport ${args.join(' ')} ended with ${code}: ${stderr}`);
    return stdout;
  };

const startModel = async (
  directory: string,
  socket: string,
  narrator: Narrator,
): Promise<Program> => {
  narrator.chapter('A model server that answers nobody but the gateway');
  const files = join(directory, 'model-server');
  const program = join(import.meta.dirname, 'model-server.ts');
  const model = join(directory, 'digits.safetensors');
  const serve = [program, '--model', model, '--files', files, '--client', gatewayId];
  const exec = ['agent', 'exec', '--socket', socket, '--files', files, '--quiet', '--'];
  narrator.command(`sallyport ${exec.join(' ')} node ${serve.join(' ')}`);
  return startProgram([sallyport, ...exec, process.execPath, ...serve]);
};

const register = async (tool: Stage['tool'], directory: string, port: number): Promise<void> => {
  const file = join(directory, 'digits.yaml');
  writeFileSync(file, endpointFile(port));
  await tool('endpoint', 'add', 'digits', '--file', file);
  await tool('endpoint', 'add', 'digits-trial', '--file', file, '--mode', 'shadow');
};

const ledgerRows = async (
  tool: Stage['tool'],
  principal: string,
): Promise<readonly LedgerRow[]> => {
  const lines = await tool('ledger', 'tail', '--json', '--limit', '1000', '--principal', principal);
  return lines
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as LedgerRow);
};

/** Sets the stage below `directory`, which exists. */
export const setStage = async (directory: string, teller: Narrator): Promise<Stage> => {
  mkdirSync(directory, { recursive: true });
  const narrator: Narrator = {
    ...teller,
    command: (line) => teller.command(line.replaceAll(`${directory}/`, '')),
  };
  narrator.say(`everything below happens in ${directory}`);
  const programs: Program[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(programs.map((program) => program.stop()));
  };
  try {
    const heldOut = trainModel(directory, narrator);
    const { server, gatewayPort, dataDir } = await startServer(directory, narrator);
    programs.push(server);
    const tool = createTool(dataDir, narrator);
    await tool('enrol', '--name', 'factory');
    const serverUrl = String(server.announced['url']);
    const workloads = await createWorkloads({ directory, serverUrl, tool, narrator });
    programs.unshift(...workloads.programs);
    const model = await startModel(directory, workloads.socketOf('model-server'), narrator);
    programs.unshift(model);
    const modelPort = Number(model.announced['port']);
    await register(tool, directory, modelPort);
    return {
      directory,
      dataDir,
      heldOut,
      gatewayPort,
      modelPort,
      workload: (name) => ({ directory: join(directory, name) }),
      ask: (made) => call({ ...made, port: gatewayPort, server: gatewayId }),
      askModel: (made) => call({ ...made, port: modelPort, server: modelServerId }),
      tool,
      tryTool: (...args) => runTool(args),
      setRequestLimit: async (principal, amount) => {
        const limit = ['--measure', 'requests', '--window', 'hour', '--amount', String(amount)];
        await tool('limit', 'set', '--principal', principal, ...limit);
      },
      ledgerRows: (principal) => ledgerRows(tool, principal),
      entryOf: (name) => workloads.entries.get(name) ?? '',
      socketOf: workloads.socketOf,
      stopServer: () => server.stop(),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
};
