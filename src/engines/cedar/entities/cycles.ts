/** The rule that nobody is their own ancestor. */
import type { EntityValue } from '../values/value.ts';
import type { EntityRecord } from './hierarchy.ts';

type Find = (type: string, id: string) => EntityRecord | undefined;

/** True when `entity` is reached from `parents` on the way up. */
export const climbsTo = (
  entity: EntityValue,
  parents: readonly EntityValue[],
  find: Find,
): boolean => {
  const seen = new Set<EntityRecord>();
  const open = [...parents];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (next.id === entity.id && next.type === entity.type) return true;
    const record = find(next.type, next.id);
    if (record === undefined || seen.has(record)) continue;
    seen.add(record);
    open.push(...record.parents);
  }
  return false;
};

type Step = { readonly record: EntityRecord; next: number };

/** Walks up from one entity, depth first; an entity met again on the path closes a cycle. */
const walk = (
  from: EntityRecord,
  done: Set<EntityRecord>,
  find: Find,
): EntityRecord | undefined => {
  const path: Step[] = [{ record: from, next: 0 }];
  const onPath = new Set([from]);
  for (let step = path.at(-1); step !== undefined; step = path.at(-1)) {
    const parent = step.record.parents[step.next++];
    if (parent === undefined) {
      done.add(step.record);
      onPath.delete(step.record);
      path.pop();
      continue;
    }
    const record = find(parent.type, parent.id);
    if (record === undefined || done.has(record)) continue;
    if (onPath.has(record)) return record;
    onPath.add(record);
    path.push({ record, next: 0 });
  }
  return undefined;
};

/** An entity on a cycle, if there is one. Only who is a parent can be on one. */
export const findCycle = (parents: Iterable<EntityValue>, find: Find): EntityRecord | undefined => {
  const done = new Set<EntityRecord>();
  for (const { type, id } of parents) {
    const record = find(type, id);
    if (record === undefined || done.has(record)) continue;
    const cyclic = walk(record, done, find);
    if (cyclic !== undefined) return cyclic;
  }
  return undefined;
};
