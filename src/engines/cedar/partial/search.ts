/**
 * Which entities could fill the one part of a request that is open: what a principal may read, who
 * may do something to a resource, what a principal may do. The known parts are evaluated once; each
 * candidate then costs only what is left.
 */
import type { EntityStore } from '../entities/entity-store.ts';
import type { EntityRef } from '../store/request.ts';
import type { PolicyStore } from '../store/policy-store.ts';
import { compileResiduals, decidePartially, type PartialRequest } from './decide-partially.ts';

export type SearchRequest = {
  readonly principal?: EntityRef;
  readonly action?: EntityRef;
  readonly resource?: EntityRef;
  readonly context?: Readonly<Record<string, unknown>>;
};

export type Search = {
  /** The part that is looked for; it is ignored when the request has one. */
  readonly find: 'principal' | 'action' | 'resource';
  readonly request: SearchRequest;
  /** The type of what is looked for. All entities of this type in the store are candidates … */
  readonly type: string;
  /** … unless these are given. */
  readonly candidates?: Iterable<EntityRef>;
  /** No more than this many answers. */
  readonly limit?: number;
};

/** The answer; `problem` says what was wrong with the request. */
export type SearchAnswer = { readonly found: readonly EntityRef[]; readonly problem?: string };

const bindAndAsk = (store: PolicyStore, search: Search, entities: EntityStore): SearchAnswer => {
  const { find, type, request, limit = Number.POSITIVE_INFINITY } = search;
  const context = request.context ?? {};
  const open: PartialRequest = { ...request, context, [find]: { type } };
  const partial = decidePartially(store, open, entities);
  const [fault] = partial.errors;
  if (fault?.policyId === '') return { found: [], problem: fault.message };
  const decide = compileResiduals(partial);
  const found: EntityRef[] = [];
  if (partial.decision === 'deny') return { found };
  for (const candidate of search.candidates ?? entities.ofType(type)) {
    if (found.length >= limit) break;
    const filled = { ...request, context, [find]: candidate } as Parameters<PolicyStore['bind']>[0];
    const env = store.bind(filled, entities);
    if ('problem' in env) return { found: [], problem: env.problem };
    if (candidate.type === type && decide(env) === 'allow')
      found.push({ type: candidate.type, id: candidate.id });
  }
  return { found };
};

/**
 * Searches. The parts of the request that are not looked for must all be there. Candidates come in the
 * order of the store. Never throws.
 *
 * @example
 * searchEntities(store, { find: 'resource', type: 'Doc', request: { principal, action } }, entities);
 */
export const searchEntities = (
  store: PolicyStore,
  search: Search,
  entities: EntityStore,
): SearchAnswer => {
  for (const name of ['principal', 'action', 'resource'] as const)
    if (name !== search.find && search.request[name] === undefined)
      return { found: [], problem: `${name}: is needed to search for a ${search.find}` };
  return bindAndAsk(store, search, entities);
};
