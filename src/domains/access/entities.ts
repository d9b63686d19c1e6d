/** Changing and listing the entity graph. */
import { type Entity, type EntityRef, entityKey } from '../../engines/authorization/index.ts';
import { isRefusal, type Refusal, refuse, SallyportError } from '../../kernel/errors.ts';
import { type AccessState, inTurn, synchronise } from './access-state.ts';
import { accessErrors } from './errors.ts';
import type { EntityChange } from './store.ts';
import type { ListEntities } from './types.ts';

const maxAttempts = 8;
const defaultLimit = 1000;

const unfit = (refusal: Refusal): Refusal => refuse(accessErrors.E_ENTITY_INVALID, refusal.detail);

/**
 * Writes on top of the latest state: `check` sees everything that was written before. Call it
 * synchronised, through `inTurn`.
 */
const write = async (
  state: AccessState,
  change: EntityChange,
  check: () => Refusal | undefined,
): Promise<Refusal | undefined> => {
  for (let attempt = 0; attempt < maxAttempts; attempt++) {
    const refusal = check();
    if (refusal !== undefined) return refusal;
    const at = { revision: state.known, timeMs: state.clock.nowMs() };
    const isWritten = await state.store.writeEntity(change, at);
    await synchronise(state);
    if (isWritten) return undefined;
  }
  throw new SallyportError(
    accessErrors.E_ACCESS_STALE,
    `other replicas wrote first, ${maxAttempts} times in a row`,
  );
};

/** See `Access.putEntity`. */
export const putEntity = (state: AccessState, given: Entity): Promise<void | Refusal> =>
  inTurn(state, async () => {
    await synchronise(state);
    const { vocabulary } = state.policies;
    const entity = isRefusal(vocabulary) ? vocabulary : vocabulary.readEntity(given);
    if (isRefusal(entity)) return unfit(entity);
    return write(state, { kind: 'put', entity }, () => {
      const problem = state.graph.problem(entity);
      return problem && unfit(problem);
    });
  });

/** See `Access.removeEntity`. */
export const removeEntity = (state: AccessState, uid: EntityRef): Promise<boolean> =>
  inTurn(state, async () => {
    await synchronise(state);
    if (state.graph.get(uid) === undefined) return false;
    await write(state, { kind: 'remove', uid }, () => undefined);
    return true;
  });

const byName = (left: Entity, right: Entity): number => {
  const [a, b] = [entityKey(left.uid), entityKey(right.uid)];
  return a < b ? -1 : a > b ? 1 : 0;
};

/** See `Access.listEntities`. */
export const listEntities = (state: AccessState, filter: ListEntities = {}): readonly Entity[] => {
  const { type, limit = defaultLimit, after } = filter;
  const start = after === undefined ? undefined : entityKey(after);
  const found: Entity[] = [];
  for (const entity of state.graph.values()) {
    if (type !== undefined && entity.uid.type !== type) continue;
    if (start !== undefined && entityKey(entity.uid) <= start) continue;
    found.push(entity);
  }
  return found.sort(byName).slice(0, limit);
};

/** See `Access.isIn`. */
export const isIn = (state: AccessState, child: EntityRef, ancestor: EntityRef): boolean => {
  const key = entityKey(ancestor);
  return entityKey(child) === key || state.graph.ancestors(child).has(key);
};
