/** Holds entities in Cedar's JSON notation against the schema. */
import type { EntityUid } from '../ast.ts';
import { type EntityTypeDefinition, isActionType, type Schema, uidKey } from '../schema/model.ts';
import { didYouMean } from '../schema/suggest.ts';
import {
  checkAttributes,
  checkId,
  checkValue,
  type Conformance,
  type ConformanceProblem,
  conformanceCodes,
  createConformance,
  isObject,
  uidOf,
} from './conform.ts';
import { checkGraph } from './check-entity-graph.ts';

/** A problem of one entity of the list. */
export type EntityProblem = ConformanceProblem & { readonly entity: string };

/** An entity whose form is right. */
export type ReadEntity = {
  readonly uid: EntityUid;
  readonly attrs: Readonly<Record<string, unknown>>;
  readonly tags: Readonly<Record<string, unknown>>;
  readonly parents: readonly EntityUid[];
};

const maxProblems = 200;

const readParents = (json: unknown, { report }: Conformance): readonly EntityUid[] | undefined => {
  if (!Array.isArray(json)) return undefined;
  return (json as readonly unknown[]).flatMap((item, index) => {
    const uid = uidOf(item);
    if (uid !== undefined) return [uid];
    const path = `parents[${index}]`;
    report({ code: conformanceCodes.format, message: 'expected {type, id}', path });
    return [];
  });
};

const readEntity = (json: unknown, conformance: Conformance): ReadEntity | undefined => {
  const fail = (path: string, message: string): undefined =>
    conformance.report({ code: conformanceCodes.format, message, path }) as undefined;
  if (!isObject(json)) return fail('', 'an entity is {uid, attrs, parents}');
  const { attrs, tags = {} } = json;
  const uid = uidOf(json['uid']);
  const parents = readParents(json['parents'], conformance);
  if (uid === undefined) return fail('uid', 'expected {type, id}');
  if (!isObject(attrs)) return fail('attrs', 'expected a record');
  if (!isObject(tags)) return fail('tags', 'expected a record');
  if (parents === undefined) return fail('parents', 'expected a list of {type, id}');
  return { uid, attrs, tags, parents };
};

const checkTags = (
  conformance: Conformance,
  { tags }: ReadEntity,
  definition: EntityTypeDefinition,
): void => {
  for (const [key, json] of Object.entries(tags)) {
    const path = `tags[${JSON.stringify(key.slice(0, 64).toWellFormed())}]`;
    if (definition.tags !== undefined)
      checkValue(conformance, { type: definition.tags, json }, { path, depth: 0 });
    else {
      const message = `entities of type \`${definition.name}\` have no tags`;
      conformance.report({ code: conformanceCodes.unknown, message, path });
    }
  }
};

const checkStandard = (conformance: Conformance, entity: ReadEntity): void => {
  const { uid, attrs, parents } = entity;
  const { entityTypes } = conformance.schema;
  const definition = entityTypes.get(uid.type);
  if (definition === undefined) {
    const help = didYouMean(uid.type, entityTypes.keys());
    const message = `the schema has no entity type \`${uid.type}\``;
    const problem = { code: conformanceCodes.entity, message, path: 'uid' };
    conformance.report(help === undefined ? problem : { ...problem, help });
    return;
  }
  checkId(conformance, uid, 'uid');
  checkAttributes(
    conformance,
    { attributes: definition.attributes, json: attrs },
    { path: 'attrs', depth: 0 },
  );
  checkTags(conformance, entity, definition);
  for (const [index, parent] of parents.entries()) {
    const path = `parents[${index}]`;
    if (definition.ancestors.has(parent.type)) checkId(conformance, parent, path);
    else {
      const message = `an entity of type \`${uid.type}\` is never in one of type \`${parent.type}\``;
      conformance.report({ code: conformanceCodes.parent, message, path });
    }
  }
};

/** Runs the checks of one entity and hands back its problems with its name. */
const problemsOf = (
  schema: Schema,
  json: unknown,
  take: (entity: ReadEntity) => void,
): readonly EntityProblem[] => {
  const conformance = createConformance(schema);
  const entity = readEntity(json, conformance);
  if (entity !== undefined) {
    take(entity);
    if (isActionType(entity.uid.type)) checkId(conformance, entity.uid, 'uid');
    else checkStandard(conformance, entity);
  }
  const name = entity === undefined ? '' : uidKey(entity.uid);
  return conformance.problems.map((problem) => ({ ...problem, entity: name }));
};

/**
 * Everything that keeps a list of entities from fitting the schema; empty when it fits. At most 200
 * problems. Actions may be listed when they are exactly those of the schema. Never throws.
 */
export const checkEntities = (schema: Schema, entities: unknown): readonly EntityProblem[] => {
  if (!Array.isArray(entities))
    return [{ code: conformanceCodes.format, message: 'expected a list', path: '', entity: '' }];
  const problems: EntityProblem[] = [];
  const read: ReadEntity[] = [];
  for (const json of entities as readonly unknown[]) {
    problems.push(...problemsOf(schema, json, (entity) => read.push(entity)));
    if (problems.length > maxProblems) return problems.slice(0, maxProblems);
  }
  return [...problems, ...checkGraph(schema, read)].slice(0, maxProblems);
};
