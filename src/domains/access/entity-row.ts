/** Entities as rows and back. Integers beyond 2^53 keep their digits on the way. */
import { type Entity, type EntityRef, parseExactJson } from '../../engines/authorization/index.ts';
import { orThrow } from '../../kernel/errors.ts';
import type { EntityRow } from './schema.ts';

/** ECMAScript 2026; the compiler's library does not name it yet. */
const { rawJSON } = JSON as unknown as { readonly rawJSON: (text: string) => unknown };

const toJson = (value: unknown): string =>
  JSON.stringify(value, (_key, item: unknown) =>
    typeof item === 'bigint' ? rawJSON(item.toString()) : item,
  );

const fromJson = (text: string): unknown => orThrow(parseExactJson(text)).value;

type Content = Pick<EntityRow, 'attrs' | 'parents' | 'tags'>;

/** The columns that hold what the entity says. */
export const contentOf = ({ attrs, parents, tags }: Entity): Content => ({
  attrs: toJson(attrs),
  parents: toJson(parents.map(({ type, id }) => [type, id])),
  tags: tags === undefined ? null : toJson(tags),
});

/** The entity of a row written by `contentOf`. */
export const entityOfRow = (row: Pick<EntityRow, 'type' | 'id'> & Content): Entity => {
  const parents = fromJson(row.parents) as readonly (readonly [string, string])[];
  const entity: Entity = {
    uid: { type: row.type, id: row.id },
    attrs: fromJson(row.attrs) as Entity['attrs'],
    parents: parents.map(([type, id]): EntityRef => ({ type, id })),
  };
  return row.tags === null ? entity : { ...entity, tags: fromJson(row.tags) as Entity['attrs'] };
};
