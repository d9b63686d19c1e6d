/**
 * Workload attestation: from the peer the kernel named to selectors. What was read under /proc counts
 * only if a pidfd proves afterwards that it was read about the peer and not about a later process
 * with the same number; without one, only what the kernel said at connect time counts.
 */
import { readFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { type Refusal, refuse } from '../../../kernel/errors.ts';
import type { PeerCredentials } from '../../../platform/peer-credentials/index.ts';
import type { WorkloadPeer } from '../../workload-api/index.ts';
import { agentErrors } from '../errors.ts';
import { type CgroupFacts, parseCgroup } from './cgroup.ts';
import { createExecutableReader, type ReadExecutable } from './executable.ts';
import { type ListPods, podSelectors } from './kubernetes.ts';
import { parseStartTime, parseStatus } from './proc.ts';

export type AttestedWorkload = {
  readonly selectors: ReadonlySet<string>;
  /** Names this very process among all that ever had its number; for instances of groups. */
  readonly instance: string;
};

export type AttestWorkload = (peer: WorkloadPeer) => Promise<AttestedWorkload | Refusal>;

export type WorkloadAttestorOptions = {
  /** `isStillRunning` decides; absent: nothing under /proc is believed. */
  readonly credentials: Pick<PeerCredentials, 'isStillRunning'> | undefined;
  /** Names of the agent's sockets by their path. */
  readonly socketName: (path: string) => string | undefined;
  readonly listPods?: ListPods;
  readonly userName?: (uid: number) => string | undefined;
  readonly proc?: {
    readonly root: string;
    readonly readExecutable: ReadExecutable;
  };
};

const readText = (path: string): Promise<string | undefined> =>
  readFile(path, 'latin1').catch(() => undefined);

const gone = (): Refusal => refuse(agentErrors.E_AGENT_WORKLOAD_GONE, 'the process has ended');

const kernelSelectors = (
  { uid, gid, socket, pid }: WorkloadPeer,
  options: WorkloadAttestorOptions,
): readonly string[] => {
  const name = options.socketName(socket);
  const user = options.userName?.(uid);
  return [
    `unix:uid:${uid}`,
    ...(user === undefined ? [] : [`unix:user:${user}`]),
    // Without credentials the socket's owner is known, but not in which group the peer was.
    ...(pid > 0 ? [`unix:gid:${gid}`] : []),
    ...(name === undefined ? [] : [`socket:${name}`]),
  ];
};

const cgroupSelectors = ({ containerId, systemdUnit, path }: CgroupFacts): readonly string[] => [
  ...(containerId === undefined ? [] : [`unix:container-id:${containerId}`]),
  ...(systemdUnit === undefined ? [] : [`unix:systemd-unit:${systemdUnit}`]),
  ...(path === undefined || path.length > 256 ? [] : [`unix:cgroup:${path}`]),
];

export type Proc = NonNullable<WorkloadAttestorOptions['proc']>;

/** What stands under /proc about a number now; whose it is, the caller must make sure. */
export const readProcess = async (
  pid: number,
  { root, readExecutable }: Proc,
  listPods?: ListPods,
) => {
  const [statusText, statText, cgroupText, executable] = await Promise.all([
    readText(`${root}/${pid}/status`),
    readText(`${root}/${pid}/stat`),
    readText(`${root}/${pid}/cgroup`),
    readExecutable(pid),
  ]);
  const status = parseStatus(statusText ?? '');
  const cgroup = parseCgroup(cgroupText ?? '');
  const pod = listPods === undefined ? [] : await podSelectors(cgroup, listPods);
  const selectors = [
    ...(status?.groups ?? []).map((group) => `unix:supplementary-gid:${group}`),
    ...(executable === undefined
      ? []
      : [`unix:path:${executable.path}`, `unix:sha256:${executable.sha256}`]),
    ...cgroupSelectors(cgroup),
    ...pod,
  ];
  return { selectors, status, startTime: parseStartTime(statText ?? '') };
};

/** The user database, for `unix:user`; only our own name without NSS. */
export const ownUserName = (uid: number): string | undefined => {
  const own = userInfo();
  return own.uid === uid ? own.username : undefined;
};

/** Creates the attestor of one agent. */
export const createWorkloadAttestor = (options: WorkloadAttestorOptions): AttestWorkload => {
  const proc = options.proc ?? { root: '/proc', readExecutable: createExecutableReader() };
  return async (peer) => {
    const selectors = new Set(kernelSelectors(peer, options));
    const { credentials, socketName } = options;
    const fallback = socketName(peer.socket) ?? 'socket';
    const { pidfd, pid } = peer;
    if (pidfd === undefined || credentials === undefined || pid <= 0)
      return { selectors, instance: pid > 0 ? `${fallback}-${pid}` : fallback };
    const found = await readProcess(pid, proc, options.listPods);
    if (!credentials.isStillRunning(peer)) return gone();
    for (const selector of found.selectors) selectors.add(selector);
    return { selectors, instance: `${pid}-${found.startTime ?? '0'}` };
  };
};
