/**
 * Searching: who may do this to that, what may somebody do it to, what may somebody do. Candidates are
 * the entities of the graph (or the actions of the schema) in the order of their ids; each is decided
 * like any request, so what is found is allowed when it is asked for.
 */
import type { Decision } from '../../engines/authorization/index.ts';
import type { AccessState } from './access-state.ts';
import type { AccessRequest, AccessSearch, AccessSearchAnswer } from './types.ts';

/** Candidates decided in one call; beyond, the caller goes on behind `next`. */
const maxCandidates = 20_000;

const idsOf = (state: AccessState, type: string): readonly string[] => {
  const ids: string[] = [];
  for (const { uid } of state.graph.values()) if (uid.type === type) ids.push(uid.id);
  return ids.sort();
};

const typeOf = (search: AccessSearch, part: 'principal' | 'resource'): string => search[part].type;

/** What may stand in the open place; nothing when the schema knows no such question. */
const candidatesOf = (state: AccessState, search: AccessSearch): readonly string[] => {
  const principal = typeOf(search, 'principal');
  const resource = typeOf(search, 'resource');
  const actions = (state.policies.set?.actions ?? [])
    .filter(({ principals }) => principals.includes(principal))
    .filter(({ resources }) => resources.includes(resource))
    .map(({ id }) => id);
  if (search.find === 'action') return actions;
  if (search.action === undefined || !actions.includes(search.action)) return [];
  return idsOf(state, typeOf(search, search.find));
};

const fill = (search: AccessSearch, id: string): AccessRequest | undefined => {
  const { find, principal, action, resource, context, claims } = search;
  const filled = {
    principal: find === 'principal' ? { type: principal.type, id } : principal,
    action: find === 'action' ? id : action,
    resource: find === 'resource' ? { type: resource.type, id } : resource,
  };
  if (!('id' in filled.principal) || !('id' in filled.resource) || filled.action === undefined)
    return undefined;
  const question = filled as Pick<AccessRequest, 'principal' | 'action' | 'resource'>;
  return { ...question, context, ...(claims === undefined ? {} : { claims }) };
};

/** The place behind an id; of one that is gone meanwhile, where it would stand. */
const placeAfter = (ids: readonly string[], after: string): number => {
  const known = ids.indexOf(after);
  if (known >= 0) return known + 1;
  const next = ids.findIndex((id) => id > after);
  return next < 0 ? ids.length : next;
};

/** Searches with `decide`. Entities that the graph does not know are never found. */
export const search = (
  state: AccessState,
  asked: AccessSearch,
  decide: (request: AccessRequest) => Decision,
): AccessSearchAnswer => {
  const { after, limit } = asked;
  const ids = candidatesOf(state, asked);
  const start = after === undefined ? 0 : placeAfter(ids, after);
  const found: { readonly id: string; readonly decision: Decision }[] = [];
  const end = Math.min(ids.length, start + maxCandidates);
  for (let at = start; at < end; at++) {
    const id = ids[at] as string;
    const request = fill(asked, id);
    if (request === undefined) break;
    const decision = decide(request);
    if (decision.decision === 'allow') found.push({ id, decision });
    if (found.length === limit && at + 1 < ids.length) return { found, next: id };
  }
  const last = ids[end - 1];
  return end < ids.length && last !== undefined ? { found, next: last } : { found };
};
