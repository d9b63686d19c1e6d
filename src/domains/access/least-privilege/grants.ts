/**
 * What policies grant: who could be allowed to do what on which entity, whatever the facts of the call
 * are. Actions that are never possible are found by type, so that the cost follows what is granted.
 */
import {
  authorizationErrors,
  type Entity,
  type EntityRef,
  entityKey,
} from '../../../engines/authorization/index.ts';
import {
  createEntityStore,
  createPolicyStore,
  decidePartially,
  type EntityStore,
  formatPolicy,
  type PolicyStore,
  readSchema,
  isSchemaProblems,
  type Schema,
} from '../../../engines/cedar/index.ts';
import { isRefusal, type Refusal, refuse } from '../../../kernel/errors.ts';
import type { PlacedPolicy } from './policy-texts.ts';

export type Granted = { readonly action: string; readonly resource: EntityRef };

export type GrantFinder = {
  /** Everything a principal could be allowed; `undefined` when the bound was reached. */
  readonly of: (principal: EntityRef) => readonly Granted[] | undefined;
};

const defaultMaxQuestions = 2_000_000;

/** Reads the schema of a situation. */
export const schemaOf = (text: string): Schema | Refusal => {
  const schema = readSchema(text);
  if (!isSchemaProblems(schema)) return schema;
  return refuse(authorizationErrors.E_POLICY_INVALID, `schema: ${schema[0]?.message ?? ''}`);
};

type Finder = {
  readonly schema: Schema;
  readonly store: PolicyStore;
  readonly entities: EntityStore;
  readonly resources: ReadonlyMap<string, readonly EntityRef[]>;
  questions: number;
};

const isPossible = (finder: Finder, request: Parameters<typeof decidePartially>[1]): boolean => {
  finder.questions--;
  return decidePartially(finder.store, request, finder.entities).decision !== 'deny';
};

/** All of a type at once where nothing can be allowed, else one by one. */
const grantedOf = function* (
  finder: Finder,
  request: { readonly principal: EntityRef; readonly action: EntityRef },
  type: string,
): Generator<Granted> {
  const candidates = finder.resources.get(type) ?? [];
  if (candidates.length === 0 || finder.questions <= 0) return;
  if (!isPossible(finder, { ...request, resource: { type } })) return;
  for (const resource of candidates)
    if (finder.questions > 0 && isPossible(finder, { ...request, resource }))
      yield { action: request.action.id, resource };
};

const grantedTo = (finder: Finder, principal: EntityRef): readonly Granted[] =>
  [...finder.schema.actions.values()]
    .filter(({ uid, principals }) => uid.type === 'Action' && principals.includes(principal.type))
    .flatMap(({ uid: action, resources }) =>
      resources.flatMap((type) => [...grantedOf(finder, { principal, action }, type)]),
    );

/** Entities by type, each once. */
export const byType = (refs: Iterable<EntityRef>): ReadonlyMap<string, readonly EntityRef[]> => {
  const unique = new Map([...refs].map((ref) => [entityKey(ref), ref]));
  return Map.groupBy(unique.values(), ({ type }) => type);
};

export type GrantOptions = {
  readonly policies: readonly PlacedPolicy[];
  readonly schema: Schema;
  readonly entities: readonly Entity[];
  /** What may be asked about beside the entities. */
  readonly resources: Iterable<EntityRef>;
  readonly maxQuestions?: number;
};

/** Prepares; refused when the entities make no hierarchy. */
export const createGrantFinder = (options: GrantOptions): GrantFinder | Refusal => {
  const { policies, schema, maxQuestions = defaultMaxQuestions } = options;
  const entities = createEntityStore({ entities: options.entities, schema });
  if (isRefusal(entities)) return entities;
  const store = createPolicyStore({
    policies: policies
      .map(({ node }) => formatPolicy({ ...node, annotations: new Map() }))
      .join('\n'),
    schema,
    validate: false,
  });
  const known = options.entities.map(({ uid }) => uid);
  const finder: Finder = {
    schema,
    store,
    entities,
    resources: byType([...known, ...options.resources]),
    questions: maxQuestions,
  };
  return {
    of: (principal) => {
      const granted = grantedTo(finder, principal);
      return finder.questions > 0 ? granted : undefined;
    },
  };
};
