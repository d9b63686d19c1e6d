/**
 * A search from the contents of files, as `sallyport policy search` needs it: a request with one open
 * place, the entities that could stand there, and what is left of the policies while it is open.
 */
import {
  createEntityStore,
  createPolicyStore,
  decidePartially,
  formatExpression,
  type PartialRequest,
  type PolicyStore,
  requestKinds,
  searchEntities,
} from '../cedar/index.ts';
import { isRefusal, type Refusal, refuse, SallyportError } from '../../kernel/errors.ts';
import type { SchemaText } from './evaluator.ts';
import { authorizationErrors } from './errors.ts';
import { parseExactJson } from './exact-json.ts';
import type { EntityRef, PolicySource } from './types.ts';

export type SearchFiles = {
  readonly policies: readonly PolicySource[];
  readonly schema?: SchemaText;
  /** A list in Cedar's entity notation, as JSON text. */
  readonly entities: string;
  /**
   * `{principal, action, resource, context}` as JSON text; one of the three is `{type}` without id, or
   * the action is left out (which needs a schema).
   */
  readonly request: string;
  /** At most this many answers. */
  readonly limit?: number;
};

export type SearchResult = {
  readonly find: 'principal' | 'action' | 'resource';
  readonly results: readonly EntityRef[];
  /** Policies that depend on what stands in the open place, with what they then ask of it. */
  readonly residuals: readonly {
    readonly policyId: string;
    readonly effect: 'permit' | 'forbid';
    readonly condition: string;
  }[];
};

type Json = Readonly<Record<string, unknown>>;
type Ask = {
  readonly find: SearchResult['find'];
  readonly type: string;
  readonly request: Json;
};

const bad = (detail: string): Refusal =>
  refuse(authorizationErrors.E_POLICY_REQUEST_INVALID, detail);

const typeOf = (ref: unknown): string | undefined => {
  const { type } = (ref ?? {}) as { readonly type?: unknown };
  return typeof type === 'string' ? type : undefined;
};

const isOpen = (ref: unknown): boolean =>
  ref === undefined || (typeof ref === 'object' && ref !== null && !('id' in ref));

const readAsk = (text: string): Ask | Refusal => {
  const parsed = parseExactJson(text);
  if (isRefusal(parsed)) return parsed;
  const { value } = parsed;
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return bad('the request must be an object');
  const request = value as Json;
  const open = (['principal', 'action', 'resource'] as const).filter((name) =>
    isOpen(request[name]),
  );
  const [find] = open;
  if (find === undefined || open.length > 1)
    return bad(
      'exactly one of principal, action and resource must be open: {"type": …} without id',
    );
  const type = typeOf(request[find]) ?? (find === 'action' ? 'Action' : undefined);
  if (type === undefined) return bad(`${find}: the type of what is searched for is missing`);
  return { find, type, request };
};

/** The actions that fit both types; without a schema nobody knows which actions there are. */
const actionsFor = (store: PolicyStore, { request }: Ask): readonly EntityRef[] => {
  if (store.schema === undefined) return [];
  const [principal, resource] = [typeOf(request['principal']), typeOf(request['resource'])];
  const fits = new Set(
    requestKinds(store.schema)
      .filter((kind) => kind.principal === principal && kind.resource === resource)
      .map(({ action }) => action),
  );
  return [...store.schema.actions.values()]
    .filter(({ uid }) => fits.has(`${uid.type}::${JSON.stringify(uid.id)}`) || fits.has(uid.id))
    .map(({ uid }) => uid);
};

const open = (files: SearchFiles): PolicyStore | Refusal => {
  const policies = files.policies.map(({ text }) => text).join('\n');
  const { schema } = files;
  try {
    return createPolicyStore(
      schema === undefined ? { policies } : { policies, schema, validate: false },
    );
  } catch (thrown) {
    if (!(thrown instanceof SallyportError)) throw thrown;
    return refuse(authorizationErrors.E_POLICY_INVALID, thrown.message, thrown.data);
  }
};

/**
 * Searches. Refused with E_POLICY_INVALID, E_POLICY_REQUEST_INVALID or E_ENTITIES_INVALID when
 * something cannot be read; finding nothing is an answer.
 */
export const searchFromFiles = (files: SearchFiles): SearchResult | Refusal => {
  const ask = readAsk(files.request);
  if (isRefusal(ask)) return ask;
  const store = open(files);
  if (isRefusal(store)) return store;
  const options = { entities: files.entities, reader: store.reader };
  const entities = createEntityStore(
    store.schema === undefined ? options : { ...options, schema: store.schema },
  );
  if (isRefusal(entities)) return refuse(authorizationErrors.E_ENTITIES_INVALID, entities.detail);
  const { find, type, request } = ask;
  const answer = searchEntities(
    store,
    {
      find,
      type,
      request,
      ...(find === 'action' ? { candidates: actionsFor(store, ask) } : {}),
      ...(files.limit === undefined ? {} : { limit: files.limit }),
    },
    entities,
  );
  if (answer.problem !== undefined) return bad(answer.problem);
  const partly = { context: {}, ...request, [find]: { type } } as PartialRequest;
  const { residuals } = decidePartially(store, partly, entities);
  return {
    find,
    results: answer.found.map(({ type: found, id }) => ({ type: found, id })),
    residuals: residuals.map(({ policyId, effect, condition }) => ({
      policyId,
      effect,
      condition: formatExpression(condition),
    })),
  };
};
