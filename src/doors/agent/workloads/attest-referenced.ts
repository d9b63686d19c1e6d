/**
 * Workloads that a broker names (Broker API, BR-07): nothing the broker says counts but the name. A
 * process is read between two looks at its start time, so that both are about the same one.
 */
import { readFile } from 'node:fs/promises';
import { type Refusal, refuse } from '../../../kernel/errors.ts';
import type { WorkloadReference } from '../../workload-api/index.ts';
import { agentErrors } from '../errors.ts';
import { type AttestedWorkload, type Proc, readProcess } from './attest-workload.ts';
import { createExecutableReader } from './executable.ts';
import { findPod, type ListPods } from './kubernetes.ts';
import { parseStartTime } from './proc.ts';

export type AttestReferenced = (
  reference: WorkloadReference,
) => Promise<AttestedWorkload | Refusal>;

export type ReferenceOptions = { readonly listPods?: ListPods; readonly proc?: Proc };

const missing = (what: string): Refusal => refuse(agentErrors.E_AGENT_WORKLOAD_GONE, what);

const startTimeOf = async (pid: number, { root }: Proc): Promise<string | undefined> =>
  parseStartTime(await readFile(`${root}/${pid}/stat`, 'latin1').catch(() => ''));

const attestProcess = async (
  pid: number,
  proc: Proc,
  listPods: ListPods | undefined,
): Promise<AttestedWorkload | Refusal> => {
  const before = await startTimeOf(pid, proc);
  const { selectors, status, startTime } = await readProcess(pid, proc, listPods);
  const isSame = before !== undefined && before === startTime;
  // Looked at once more: between stat and the rest another process could have taken the number.
  if (!isSame || status === undefined || (await startTimeOf(pid, proc)) !== before)
    return missing('no such process');
  const kernel = [`unix:uid:${status.uid}`, `unix:gid:${status.gid}`];
  return { selectors: new Set([...kernel, ...selectors]), instance: `${pid}-${before}` };
};

type PodReference = Extract<WorkloadReference, { readonly kind: 'kubernetes' }>;

const attestPod = async (
  { plural, group, key, uid }: PodReference,
  listPods: ListPods | undefined,
): Promise<AttestedWorkload | Refusal> => {
  if (listPods === undefined || plural !== 'pods' || group !== 'core')
    return missing('only pods of this node can be named, where the kubelet is asked');
  const selectors = await findPod(
    {
      ...(uid === undefined ? {} : { uid }),
      ...(key === undefined ? {} : { name: key.name, namespace: key.namespace ?? 'default' }),
    },
    listPods,
  );
  const known = selectors?.find((one) => one.startsWith('k8s:pod-uid:'));
  if (selectors === undefined || known === undefined) return missing('no such pod on this node');
  return { selectors: new Set(selectors), instance: known.slice('k8s:pod-uid:'.length) };
};

/** Creates the attestor of named workloads. */
export const createReferenceAttestor = (options: ReferenceOptions = {}): AttestReferenced => {
  const { listPods } = options;
  const proc = options.proc ?? { root: '/proc', readExecutable: createExecutableReader() };
  return (reference) =>
    reference.kind === 'pid'
      ? attestProcess(reference.pid, proc, listPods)
      : attestPod(reference, listPods);
};
