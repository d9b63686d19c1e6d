/** Bounds on what callers may ask for. */
import { type Refusal, refuse } from '../../kernel/errors.ts';
import { type SpiffeId, type TrustDomain, trustDomainOf } from '../../kernel/ids.ts';
import { identityErrors } from './errors.ts';

const maxNameLength = 256;
const maxGroups = 64;
const maxGroupLength = 256;

export const outOfBounds = (what: string): Refusal =>
  refuse(identityErrors.E_IDENTITY_REQUEST, what);

const hasControlCharacter = (text: string): boolean => /[\u0000-\u001f\u007f]/.test(text);

/** A display name: 1 to 256 characters, no control characters, whole Unicode. */
export const checkName = (name: string): Refusal | undefined =>
  name.length === 0 ||
  name.length > maxNameLength ||
  hasControlCharacter(name) ||
  !name.isWellFormed()
    ? outOfBounds(`a name has 1 to ${maxNameLength} characters and no control characters`)
    : undefined;

/** Ids of roles or teams. */
export const checkGroups = (groups: readonly string[]): Refusal | undefined => {
  if (groups.length > maxGroups) return outOfBounds(`more than ${maxGroups} roles or teams`);
  const bad = groups.find(
    (group) =>
      group.length === 0 ||
      group.length > maxGroupLength ||
      hasControlCharacter(group) ||
      !group.isWellFormed(),
  );
  return bad === undefined ? undefined : outOfBounds('bad name of a role or team');
};

/** A lifetime in milliseconds from whole seconds within 1 and `maxSeconds`. */
export const lifetimeMs = (
  ttlSeconds: number | undefined,
  bounds: { readonly usual: number; readonly max: number },
): number | Refusal => {
  const seconds = ttlSeconds ?? bounds.usual;
  return Number.isInteger(seconds) && seconds >= 1 && seconds <= bounds.max
    ? seconds * 1000
    : outOfBounds(`a lifetime has 1 to ${bounds.max} whole seconds`);
};

/** Where our own listeners live; nobody else may be taken for them. */
const reservedPath = '/sallyport';

/** Workload ids of the own trust domain only. */
export const checkOwnSpiffeId = (id: SpiffeId, own: TrustDomain): Refusal | undefined => {
  if (trustDomainOf(id) !== own) return outOfBounds(`${id} is outside the trust domain ${own}`);
  const path = id.slice(`spiffe://${own}`.length);
  if (path === '') return outOfBounds('a principal needs a SPIFFE ID with a path');
  return path === reservedPath || path.startsWith(`${reservedPath}/`)
    ? outOfBounds(`SPIFFE IDs below ${reservedPath} belong to Sallyport itself`)
    : undefined;
};
