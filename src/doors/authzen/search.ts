/** Searching (section 8): subjects, resources or actions for which an evaluation would be true. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { z } from 'zod';
import { type AccessSearch, searchAsked } from '../../domains/access/index.ts';
import { decodeBase64Url, encodeBase64Url } from '../../kernel/base64url.ts';
import { canonicalJson } from '../../kernel/canonical-json.ts';
import { isRefusal, type Refusal, refuse } from '../../kernel/errors.ts';
import type { JsonValue } from '../../kernel/json-value.ts';
import { authzenErrors } from './errors.ts';
import type { Asker, AuthzenDeps } from './evaluate.ts';
import type {
  actionSearchSchema,
  resourceSearchSchema,
  SearchAnswer,
  subjectSearchSchema,
} from './schemas.ts';
import { announcedBy, lackingOf, obligationsOf, withAnnounced } from './obligations.ts';
import { type Searched, toAccessSearch } from './to-access-request.ts';

/** Answers of a page when the caller names no number, and at most. */
const defaultLimit = 1000;
const maxLimit = 10_000;
const digestBytes = 16;

type Find = AccessSearch['find'];
export type SearchBody =
  | z.output<typeof subjectSearchSchema>
  | z.output<typeof resourceSearchSchema>
  | z.output<typeof actionSearchSchema>;

/** Ties a page token to the question it continues. */
const digestOf = (find: Find, { page: _page, ...question }: SearchBody): Buffer =>
  createHash('sha256')
    .update(canonicalJson({ find, ...question } as JsonValue))
    .digest()
    .subarray(0, digestBytes);

const tokenOf = (digest: Buffer, next: string): string =>
  encodeBase64Url(Buffer.concat([digest, Buffer.from(next)]));

const badToken = (detail: string): Refusal => refuse(authzenErrors.E_AUTHZEN_REQUEST, detail);

/** Where to go on; undefined at the beginning. */
const startOf = (token: string | undefined, digest: Buffer): string | undefined | Refusal => {
  if (token === undefined || token === '') return undefined;
  const bytes = decodeBase64Url(token);
  if (isRefusal(bytes) || bytes.length < digestBytes)
    return badToken('page.token: not a token of this decision point');
  if (!timingSafeEqual(bytes.subarray(0, digestBytes), digest))
    return badToken('page.token: belongs to another search');
  return Buffer.from(bytes.subarray(digestBytes)).toString();
};

/**
 * One entry of the results, with the obligations of the permitting policies beside it; none when an
 * evaluation would deny because the enforcement point cannot carry them out.
 */
const resultsOf = (
  find: Find,
  body: SearchBody,
  { id, decision }: Searched['found'][number],
): readonly SearchAnswer['results'][number][] => {
  const type = openType(find, body);
  const named = find === 'action' ? { name: id } : { type, id };
  const subject = find === 'principal' ? { type, id } : { id: '', ...body.subject };
  const obligations = obligationsOf(decision, subject);
  if (lackingOf(obligations, announcedBy(body.context)) !== undefined) return [];
  return [obligations.length === 0 ? named : { ...named, obligations }];
};

const openType = (find: Find, body: SearchBody): string => {
  if (find === 'action') return '';
  return find === 'principal' ? body.subject.type : body.resource.type;
};

/** Answers one search and records that it was asked; results are in the order of their ids. */
export const search = (
  deps: AuthzenDeps,
  asker: Asker,
  { find, body }: { readonly find: Find; readonly body: SearchBody },
): SearchAnswer | Refusal => {
  const digest = digestOf(find, body);
  const after = startOf(body.page?.token, digest);
  if (isRefusal(after)) return after;
  const limit = Math.min(body.page?.limit ?? defaultLimit, maxLimit);
  const asked = toAccessSearch(
    find,
    { ...body, context: withAnnounced(body.context) },
    deps.types ?? {},
  );
  const place = { ...asked, limit, ...(after === undefined ? {} : { after }) };
  const answer = deps.access.search(place);
  const { principal, tenant } = asker.identity;
  const timeMs = deps.clock.nowMs();
  const found = answer.found.length;
  const { requestId } = asker;
  deps.ledger.record(
    searchAsked({ search: place, found, timeMs, asker: principal, tenant, requestId }),
  );
  const results = answer.found.flatMap((one) => resultsOf(find, body, one));
  const next = answer.next === undefined ? '' : tokenOf(digest, answer.next);
  if (next === '' && body.page === undefined) return { results };
  return { page: { next_token: next, count: results.length }, results };
};
