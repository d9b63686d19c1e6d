/** `sallyport agent run`: the agent of this node, until SIGINT or SIGTERM. */
import { join, resolve } from 'node:path';
import { orThrow } from '../../../kernel/errors.ts';
import { createLog } from '../../../platform/log/index.ts';
import {
  type FirstTrust,
  parseProxySpec,
  proveBy,
  readSmallText,
  startAgentProcess,
} from '../../agent/index.ts';
import type { SocketFile } from '../../workload-api/index.ts';
import type { Invocation } from '../command.ts';
import { logLevelOf } from '../log-level.ts';
import { nodeEvidence } from '../node-evidence.ts';
import { type Options, usage } from '../options.ts';

const firstTrust = async (options: Options): Promise<FirstTrust> => {
  const bundle = options.text('bundle');
  const pin = options.text('pin');
  if (bundle !== undefined && pin !== undefined) throw usage('give --bundle or --pin, not both');
  if (bundle !== undefined) return { kind: 'pem', text: await readSmallText(bundle) };
  if (pin === undefined) return { kind: 'kept' };
  if (!/^sha256:[0-9a-f]{64}$/.test(pin)) throw usage('--pin must be sha256: and 64 hex digits');
  return { kind: 'pin', digest: pin };
};

const socketOf = (spec: string, directory: string): SocketFile => {
  const [, name, uid, gid] =
    /^([A-Za-z0-9._-]{1,64})(?::(\d{1,9}))?(?::(\d{1,9}))?$/.exec(spec) ?? [];
  if (name === undefined || name.startsWith('.'))
    throw usage('--workload takes name, name:uid or name:uid:gid');
  const own = process.getuid?.();
  const owner = uid === undefined ? own : Number(uid);
  return {
    path: join(directory, `${name}.sock`),
    ...(owner === undefined ? {} : { uid: owner }),
    ...(gid === undefined ? {} : { gid: Number(gid) }),
  };
};

const socketsOf = (options: Options): readonly SocketFile[] => {
  const directory = resolve(options.required('socketDir'));
  const own = options.list('workload').map((spec) => socketOf(spec, directory));
  const shared = { path: join(directory, 'agent.sock'), mode: 0o666 };
  const sockets = options.flag('shared') ? [...own, shared] : own;
  if (sockets.length === 0) throw usage('name a --workload, or use --shared');
  return sockets;
};

const brokerOf = (options: Options) => {
  const address = options.text('broker');
  const allowed = options.list('brokerAllow');
  if (address === undefined && allowed.length > 0) throw usage('--broker-allow needs --broker');
  return address === undefined ? {} : { broker: { address, allowed } };
};

/** Resolves when the agent has stopped. */
export const run = async (invocation: Invocation): Promise<void> => {
  const { options, terminal } = invocation;
  const stopped = invocation.stopped();
  const sockets = socketsOf(options);
  const agentProcess = await startAgentProcess({
    serverUrl: options.required('server'),
    firstTrust: await firstTrust(options),
    prove: proveBy(nodeEvidence(options)),
    stateDirectory: resolve(options.required('state')),
    sockets,
    ...brokerOf(options),
    proxies: options.list('proxy').map((text) => orThrow(parseProxySpec(text))),
    log: createLog({ level: logLevelOf(options) }),
  });
  try {
    await Promise.race([agentProcess.agent.ready(), stopped]);
    const { agentId } = agentProcess.agent.status();
    const addresses = sockets.map(({ path }) => `unix:${path}`);
    terminal.say(`${agentId ?? 'not attested'} serves ${addresses.join(', ')}`);
    if (terminal.isJson) terminal.line({ agentId: agentId ?? null, sockets: addresses }, () => '');
    await stopped;
    terminal.say('stopping');
  } finally {
    await agentProcess.close();
  }
};
