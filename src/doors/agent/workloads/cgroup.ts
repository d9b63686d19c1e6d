/**
 * What the control group of a process tells: container, pod and systemd unit. The kernel writes the
 * path, but whoever may make cgroups chose its parts: ids are taken only in the exact forms in which
 * container runtimes and systemd write them.
 */

export type CgroupFacts = {
  /** 64 lower-case hex digits. */
  readonly containerId?: string;
  /** Lower-case UUID. */
  readonly podUid?: string;
  /** `name.service`, the innermost one below the system's own slices. */
  readonly systemdUnit?: string;
  /** The whole path in the unified hierarchy. */
  readonly path?: string;
};

const maxTextLength = 65_536;
const maxLines = 64;
const containerIdLength = 64;

const isHex = (text: string): boolean => {
  for (const character of text)
    if (!((character >= '0' && character <= '9') || (character >= 'a' && character <= 'f')))
      return false;
  return true;
};

const without = (text: string, suffix: string): string =>
  text.endsWith(suffix) ? text.slice(0, -suffix.length) : text;

/** `cri-containerd-<id>.scope`, `docker-<id>.scope`, `crio-<id>.scope`, `libpod-<id>.scope` or `<id>`. */
const containerIdIn = (segment: string): string | undefined => {
  const name = without(segment, '.scope');
  const id = name.slice(-containerIdLength);
  if (id.length !== containerIdLength || !isHex(id)) return undefined;
  const prefix = name.slice(0, -containerIdLength);
  const isRuntime = ['', 'cri-containerd-', 'docker-', 'crio-', 'libpod-'].includes(prefix);
  return isRuntime ? id : undefined;
};

const uuidGroups = [8, 4, 4, 4, 12];

const toUuid = (text: string): string | undefined => {
  const groups = text.replaceAll('_', '-').split('-');
  const fits =
    groups.length === uuidGroups.length &&
    groups.every((group, at) => group.length === uuidGroups[at] && isHex(group));
  return fits ? groups.join('-') : undefined;
};

/** `kubepods-burstable-pod<uid>.slice` of systemd or `pod<uid>` of cgroupfs. */
const podUidIn = (segment: string): string | undefined => {
  const name = without(segment, '.slice');
  const at = name.startsWith('kubepods-') ? name.lastIndexOf('-pod') + 1 : 0;
  return name.startsWith('pod', at) ? toUuid(name.slice(at + 3)) : undefined;
};

/** The path of the unified hierarchy (`0::`), or of systemd's own in the old layout. */
const pathIn = (text: string): string | undefined => {
  const lines = text.slice(0, maxTextLength).split('\n', maxLines);
  const unified = lines.find((line) => line.startsWith('0::/'));
  if (unified !== undefined) return unified.slice('0::'.length);
  const old = lines.find((line) => line.includes(':name=systemd:/'));
  return old?.slice(old.indexOf(':name=systemd:') + ':name=systemd:'.length);
};

/** Facts from /proc/PID/cgroup. A path that leaves its namespace (`/..`) tells nothing. */
export const parseCgroup = (text: string): CgroupFacts => {
  const path = pathIn(text);
  if (path === undefined) return {};
  const segments = path.split('/').slice(1, 33);
  if (segments.includes('..')) return {};
  const isPod = segments.some((segment) => segment.startsWith('kubepods'));
  const containerId = segments.map(containerIdIn).findLast((id) => id !== undefined);
  const podUid = isPod ? segments.map(podUidIn).findLast((uid) => uid !== undefined) : undefined;
  // Below user.slice or inside a container anybody names units.
  const isSystem = segments[0] === 'system.slice' && containerId === undefined;
  const unit = isSystem ? segments.find((segment) => segment.endsWith('.service')) : undefined;
  return {
    path,
    ...(containerId === undefined ? {} : { containerId }),
    ...(podUid === undefined ? {} : { podUid }),
    ...(unit === undefined ? {} : { systemdUnit: unit }),
  };
};
