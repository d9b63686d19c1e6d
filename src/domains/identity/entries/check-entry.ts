/** Bounds of a registration entry: everything a wish says is checked here, once. */
import { isRefusal, type Refusal } from '../../../kernel/errors.ts';
import type { TrustDomain } from '../../../kernel/ids.ts';
import { checkGroups, checkOwnSpiffeId, lifetimeMs, outOfBounds } from '../bounds.ts';
import type { IdentityConfig } from '../dependencies.ts';
import { isAgentIdOf } from '../agents/agent-id.ts';
import { maxPresented, readSelectors } from './selectors.ts';
import type { EntryParent, NewEntry, RegistrationEntry } from './types.ts';

const x509Lifetime = { usual: 3600, max: 3600 };
const jwtLifetime = { usual: 300, max: 3600 };
const maxNames = 16;
const maxNameLength = 253;
const maxFederated = 64;
const maxHintLength = 1024;
const maxInstances = 100_000;
/** Room for the instance's own segment below the SPIFFE ID of a group. */
export const maxInstanceLength = 128;
const maxGroupIdLength = 2048 - maxInstanceLength - 1;

type Surroundings = {
  readonly config: Pick<IdentityConfig, 'trustDomain'>;
  readonly nowMs: number;
};

/** An entry without what is drawn or counted. */
export type CheckedEntry = Omit<
  RegistrationEntry,
  'id' | 'principal' | 'version' | 'createdAtMs' | 'updatedAtMs'
>;

const labelOf = /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/i;

const isDnsName = (name: string): boolean => {
  if (name.length === 0 || name.length > maxNameLength) return false;
  const labels = name.split('.');
  return labels.every(
    (label, at) => labelOf.test(label) || (at === 0 && label === '*' && labels.length > 2),
  );
};

const readParent = (parent: EntryParent, own: TrustDomain): EntryParent | Refusal => {
  if (parent.kind === 'agent')
    return isAgentIdOf(parent.agentId, own)
      ? parent
      : outOfBounds(`${parent.agentId} is not the id of an agent`);
  const selectors = readSelectors(parent.selectors, maxPresented);
  return isRefusal(selectors) ? selectors : { kind: 'nodes', selectors };
};

const checkLists = (wish: NewEntry, own: TrustDomain): Refusal | undefined => {
  const { dnsNames = [], federatesWith = [], hint = '' } = wish;
  if (dnsNames.length > maxNames || !dnsNames.every(isDnsName))
    return outOfBounds(`an entry has at most ${maxNames} DNS names`);
  if (federatesWith.length > maxFederated || federatesWith.includes(own))
    return outOfBounds(`an entry federates with at most ${maxFederated} other trust domains`);
  if (hint.length > maxHintLength || !hint.isWellFormed() || /[\u0000-\u001f\u007f]/.test(hint))
    return outOfBounds(`a hint has at most ${maxHintLength} characters`);
  return checkGroups([...(wish.roles ?? []), ...(wish.teams ?? [])]);
};

const checkGroup = ({ instances, spiffeId }: NewEntry): Refusal | undefined => {
  if (instances === undefined) return undefined;
  if (!Number.isInteger(instances) || instances < 1 || instances > maxInstances)
    return outOfBounds(`a group has 1 to ${maxInstances} instances`);
  return spiffeId.length > maxGroupIdLength
    ? outOfBounds('the SPIFFE ID of a group leaves no room for its instances')
    : undefined;
};

/** The entry as it will stand, or why not. */
export const checkEntry = (
  wish: NewEntry,
  { config, nowMs }: Surroundings,
): CheckedEntry | Refusal => {
  const { trustDomain } = config;
  const problem =
    checkOwnSpiffeId(wish.spiffeId, trustDomain) ??
    checkLists(wish, trustDomain) ??
    checkGroup(wish);
  if (problem !== undefined) return problem;
  const parent = readParent(wish.parent, trustDomain);
  if (isRefusal(parent)) return parent;
  const selectors = readSelectors(wish.selectors);
  if (isRefusal(selectors)) return selectors;
  const x509Ms = lifetimeMs(wish.x509TtlSeconds, x509Lifetime);
  if (isRefusal(x509Ms)) return x509Ms;
  const jwtMs = lifetimeMs(wish.jwtTtlSeconds, jwtLifetime);
  if (isRefusal(jwtMs)) return jwtMs;
  const { expiresAtMs, instances } = wish;
  if (expiresAtMs !== undefined && !(Number.isSafeInteger(expiresAtMs) && expiresAtMs > nowMs))
    return outOfBounds('the end of an entry lies in the future');
  return {
    spiffeId: wish.spiffeId,
    parent,
    selectors,
    x509TtlSeconds: x509Ms / 1000,
    jwtTtlSeconds: jwtMs / 1000,
    dnsNames: [...new Set(wish.dnsNames ?? [])],
    federatesWith: [...new Set(wish.federatesWith ?? [])],
    hint: wish.hint ?? '',
    ...(instances === undefined ? {} : { instances }),
    ...(expiresAtMs === undefined ? {} : { expiresAtMs }),
  };
};
