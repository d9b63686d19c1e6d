/**
 * Profiles of entities in one block of memory. A profile says which policies an entity leads to in
 * each part it may play, and which constraints hold for it; entities alike share one. A profile is a
 * place in the block: three offsets, then counted lists (a count, then as many numbers).
 */
import type { EntityValue } from '../values/value.ts';

export type Leads = {
  /** Begin and end of stretches in the list of policies, in turn. */
  readonly stretches: readonly number[];
  readonly tables: readonly number[];
};
type Part = Leads & { readonly keys: readonly number[] };
export type Profile = {
  readonly principal: Part;
  readonly resource: Part;
  readonly action: readonly number[];
};

export type ProfileArena = {
  readonly data: Int32Array;
  /** Places stay valid as long as this is the same. */
  readonly epoch: object;
  /** To be called between requests: starts anew when the block has become too large. */
  readonly tidy: () => void;
  readonly placeOf: (entity: EntityValue, ancestors: readonly EntityValue[]) => number;
};

/** Layout: [offset of the resource part, offset of the action part, principal part …]. */
const headLength = 2;
/** Numbers in the block beyond which it starts anew: 32 MiB. */
const maxLength = 8 * 1024 * 1024;

const skipList = (data: Int32Array, list: number): number => list + 1 + (data[list] as number);
const skipLeads = (data: Int32Array, leads: number): number =>
  skipList(data, skipList(data, leads));

/** Where the leads of a profile begin: a counted list of stretches, one of tables. */
export const principalLeads = (_data: Int32Array, place: number): number => place + headLength;
export const resourceLeads = (data: Int32Array, place: number): number =>
  place + (data[place] as number);
/** Where the counted lists of keys begin. */
export const principalKeys = (data: Int32Array, place: number): number =>
  skipLeads(data, place + headLength);
export const resourceKeys = (data: Int32Array, place: number): number =>
  skipLeads(data, resourceLeads(data, place));
export const actionKeys = (data: Int32Array, place: number): number =>
  place + (data[place + 1] as number);

const counted = (list: readonly number[]): readonly number[] => [list.length, ...list];
const encodePart = ({ stretches, tables, keys }: Part): readonly number[] => [
  ...counted(stretches),
  ...counted(tables),
  ...counted(keys),
];

const encode = ({ principal, resource, action }: Profile): readonly number[] => {
  const first = encodePart(principal);
  const second = encodePart(resource);
  const resourceAt = headLength + first.length;
  return [resourceAt, resourceAt + second.length, ...first, ...second, ...counted(action)];
};

type Matching = (entity: EntityValue, ancestors: readonly EntityValue[]) => readonly number[];

export const createProfileArena = (
  matching: Matching,
  describe: (holding: readonly number[]) => Profile,
): ProfileArena => {
  let data = new Int32Array(1024);
  let used = 0;
  let epoch = {};
  const places = new Map<string, number>();
  const add = (numbers: readonly number[]): number => {
    const place = used;
    used += numbers.length;
    if (used > data.length) {
      const larger = new Int32Array(Math.max(used, data.length * 2));
      larger.set(data);
      data = larger;
    }
    data.set(numbers, place);
    return place;
  };
  return {
    get data() {
      return data;
    },
    get epoch() {
      return epoch;
    },
    tidy: () => {
      if (used <= maxLength) return;
      used = 0;
      epoch = {};
      places.clear();
    },
    placeOf: (entity, ancestors) => {
      const holding = matching(entity, ancestors);
      const name = holding.join();
      const known = places.get(name) ?? add(encode(describe(holding)));
      places.set(name, known);
      return known;
    },
  };
};
