/**
 * Access over tables in memory: the real engine, cache and rules, without a database. For tests of
 * other rooms.
 */
import type { Entity, PolicySource } from '../../engines/authorization/index.ts';
import { type Clock, fakeClock } from '../../kernel/effects.ts';
import { isRefusal, SallyportError } from '../../kernel/errors.ts';
import { createAccessState } from './access-state.ts';
import { type AccessLedger, assembleAccess } from './create-access.ts';
import { contentOf } from './entity-row.ts';
import { readPolicyFolder } from './policy-folder.ts';
import { compilePolicies } from './policy-state.ts';
import type { EntityRow, PolicySetRow } from './schema.ts';
import type { AccessStore } from './store.ts';
import type { Access } from './types.ts';

export type MemoryAccessOptions = {
  readonly entities?: readonly Entity[];
  /** The shipped policies when absent. */
  readonly files?: readonly PolicySource[];
  /** The shipped schema when absent. */
  readonly schema?: string;
  readonly ledger?: AccessLedger;
  readonly clock?: Clock;
};

/** A store in memory; two accesses over one store are two replicas. */
export const createMemoryStore = (): AccessStore => {
  const rows = new Map<string, EntityRow>();
  const sets: PolicySetRow[] = [];
  let latest = 0;
  return {
    changesSince: async ({ revision, version }) => {
      if (revision === latest) return undefined;
      const entities = [...rows.values()]
        .filter((row) => row.revision > revision)
        .sort((left, right) => left.revision - right.revision);
      const newest = sets.at(-1);
      const policies = newest !== undefined && newest.version > version ? newest : undefined;
      return { revision: latest, entities, policies };
    },
    writeEntity: async (change, { revision, timeMs }) => {
      if (revision !== latest) return false;
      const { type, id } = change.kind === 'put' ? change.entity.uid : change.uid;
      const gone = { attrs: '{}', parents: '[]', tags: null };
      const content = change.kind === 'put' ? contentOf(change.entity) : gone;
      const removed = change.kind === 'put' ? 0 : 1;
      latest++;
      const at = { revision: latest, changed_at_ms: timeMs };
      rows.set(JSON.stringify([type, id]), { type, id, ...content, removed, ...at });
      return true;
    },
    insertPolicies: async (row) => {
      if (sets.some(({ version }) => version === row.version)) return false;
      latest++;
      sets.push(row);
      return true;
    },
    prune: async () => undefined,
  };
};

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** Opens an access in memory with these entities; rejects when one of them does not fit. */
export const createMemoryAccess = async (
  options: MemoryAccessOptions & { readonly store?: AccessStore } = {},
): Promise<Access> => {
  const { entities = [], clock = fakeClock(), store = createMemoryStore(), ledger } = options;
  const folder = await readPolicyFolder();
  const { files = folder.files, schema = folder.schema } = options;
  const policies = compilePolicies({
    source: 'default',
    version: 0,
    files,
    schema,
  });
  const state = createAccessState({ store, clock, log: silent, policies });
  const recorder = ledger === undefined ? {} : { ledger };
  const access = await assembleAccess({ clock, log: silent, state, pollMs: 0, ...recorder });
  for (const entity of entities) {
    const refusal = await access.putEntity(entity);
    if (isRefusal(refusal)) throw new SallyportError(refusal.error, refusal.detail);
  }
  return access;
};
