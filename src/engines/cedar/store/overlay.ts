/** Entities over which the actions of a schema lie: for stores that were made without the schema. */
import type { EntityStore } from '../entities/entity-store.ts';

type Lookup = Pick<EntityStore, 'find' | 'closureOf'>;

/** What `entities` does not know is looked for in `actions`. */
export const overlayActions = (entities: Lookup, actions: Lookup): Lookup => ({
  find: (type, id) => entities.find(type, id) ?? actions.find(type, id),
  closureOf: (record) =>
    actions.find(record.type, record.id) === record
      ? actions.closureOf(record)
      : entities.closureOf(record),
});
