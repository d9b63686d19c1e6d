/** A request of which parts are not known yet. */
import type { EntityStore } from '../entities/entity-store.ts';
import type { EntityRecord } from '../entities/hierarchy.ts';
import type { RecordValue } from '../values/record.ts';
import type { EntityValue } from '../values/value.ts';

/** An entity: known, known by its type only, or not known at all. */
export type PartialSubject =
  | { readonly entity: EntityValue; readonly record: EntityRecord | undefined }
  | { readonly type: string | undefined };

export type PartialEnv = {
  readonly entities: Pick<EntityStore, 'find' | 'closureOf'>;
  readonly principal: PartialSubject;
  readonly action: PartialSubject;
  readonly resource: PartialSubject;
  /** Undefined: nothing is known of the context. */
  readonly context: RecordValue | undefined;
  /** Attributes of the context that may be there or not, with any value. */
  readonly unknownContext: ReadonlySet<string>;
};
