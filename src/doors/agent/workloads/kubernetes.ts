/** Selectors of a Kubernetes pod: found in the kubelet's list by the pod and container of the cgroup. */
import { isRefusal, type Refusal } from '../../../kernel/errors.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../../kernel/json-value.ts';
import type { CgroupFacts } from './cgroup.ts';

/** The kubelet's `/pods`: a PodList. */
export type ListPods = () => Promise<JsonObject | Refusal>;

const maxSelectors = 256;
const maxLength = 512;

const get = (value: JsonValue | undefined, ...path: readonly string[]): JsonValue | undefined => {
  let found = value;
  for (const name of path) found = isJsonObject(found) ? found[name] : undefined;
  return found;
};
const text = (value: JsonValue | undefined, ...path: readonly string[]): string | undefined => {
  const found = get(value, ...path);
  return typeof found === 'string' && found.length > 0 ? found : undefined;
};
const list = (value: JsonValue | undefined, ...path: readonly string[]): readonly JsonValue[] => {
  const found = get(value, ...path);
  return Array.isArray(found) ? (found as readonly JsonValue[]) : [];
};

const statusLists = ['containerStatuses', 'initContainerStatuses', 'ephemeralContainerStatuses'];

/** The status entry whose `containerID` is `runtime://<id>`. */
const containerOf = (pod: JsonValue, containerId: string): JsonValue | undefined =>
  statusLists
    .flatMap((name) => list(pod, 'status', name))
    .find((status) => text(status, 'containerID')?.endsWith(`://${containerId}`) === true);

const selectorsOf = (pod: JsonValue, container: JsonValue | undefined): readonly string[] => {
  const labels = get(pod, 'metadata', 'labels');
  const labelled = isJsonObject(labels) ? Object.entries(labels) : [];
  const facts: readonly (readonly [string, string | undefined])[] = [
    ['ns', text(pod, 'metadata', 'namespace')],
    ['sa', text(pod, 'spec', 'serviceAccountName')],
    ['pod-name', text(pod, 'metadata', 'name')],
    ['pod-uid', text(pod, 'metadata', 'uid')],
    ['node-name', text(pod, 'spec', 'nodeName')],
    ['container-name', text(container, 'name')],
    ['container-image', text(container, 'image')],
    ['container-image-id', text(container, 'imageID')],
    ...labelled.map(
      ([key, value]) =>
        ['pod-label', typeof value === 'string' ? `${key}:${value}` : undefined] as const,
    ),
  ];
  return facts
    .flatMap(([name, value]) => (value === undefined ? [] : [`k8s:${name}:${value}`]))
    .filter((selector) => selector.length <= maxLength)
    .slice(0, maxSelectors);
};

/**
 * Selectors of the pod a process is in; none when it is in no pod or the kubelet does not know pod
 * **and** container: half of a match is no match.
 */
export const podSelectors = async (
  { podUid, containerId }: CgroupFacts,
  listPods: ListPods,
): Promise<readonly string[]> => {
  if (podUid === undefined || containerId === undefined) return [];
  const pods = await listPods();
  if (isRefusal(pods)) return [];
  const pod = list(pods, 'items').find((item) => text(item, 'metadata', 'uid') === podUid);
  const container = pod === undefined ? undefined : containerOf(pod, containerId);
  return pod === undefined || container === undefined ? [] : selectorsOf(pod, container);
};

/** Finds a container of a pod that a broker named, by uid or by namespace and name. */
export const findPod = async (
  wanted: { readonly uid?: string; readonly namespace?: string; readonly name?: string },
  listPods: ListPods,
): Promise<readonly string[] | undefined> => {
  const pods = await listPods();
  if (isRefusal(pods)) return undefined;
  const pod = list(pods, 'items').find((item) => {
    const isUid = wanted.uid === undefined || text(item, 'metadata', 'uid') === wanted.uid;
    const isName =
      wanted.name === undefined ||
      (text(item, 'metadata', 'name') === wanted.name &&
        text(item, 'metadata', 'namespace') === wanted.namespace);
    return isUid && isName;
  });
  return pod === undefined ? undefined : selectorsOf(pod, undefined);
};
