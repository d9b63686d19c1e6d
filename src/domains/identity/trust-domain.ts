/**
 * Keeps the authorities of the trust domain: makes them on first start, publishes the next one
 * before the present one ends, and always has the current picture at hand. The root's key stays
 * sealed in the key store; the intermediates below it and the JWT keys sign.
 */
import { parseCertificate } from '../../engines/pki/index.ts';
import { orThrow, SallyportError } from '../../kernel/errors.ts';
import { isUniqueViolation } from '../../platform/storage/index.ts';
import { type Authorities, activeAt, loadAuthorities } from './authorities.ts';
import {
  type AuthorityKind,
  insertAuthority,
  nextSequence,
  readAuthorities,
  type StoredAuthority,
} from './authority-store.ts';
import { readCounter } from './changes.ts';
import { carryOut, type IdentityContext } from './context.ts';
import { identityErrors } from './errors.ts';
import { authorityCreated, systemActor } from './events.ts';
import { type AuthorityPlan, lifeMs, makeAuthority } from './new-authority.ts';
import type { Actor } from './types.ts';

export type TrustDomainKeeper = {
  readonly current: () => Authorities;
  /** Reads the authorities again, after somebody changed them. */
  readonly reload: () => Promise<void>;
  /** Makes what is missing and prepares what will be. Cheap when there is nothing to do. */
  readonly maintain: () => Promise<void>;
  readonly stored: () => readonly StoredAuthority[];
  /**
   * Makes one more authority of a kind and publishes it.
   *
   * @returns undefined when this server does not hold the root's key
   */
  readonly prepare: (
    actor: Actor,
    kind: SigningKind,
    activatesAtMs: number,
  ) => Promise<StoredAuthority | undefined>;
};

/** A successor is published this long before it signs: twelve times the refresh hint. */
export const leadMs = 3_600_000;

type Keeping = {
  readonly context: IdentityContext;
  stored: readonly StoredAuthority[];
  authorities: Authorities;
};

const signingKinds = ['intermediate', 'jwt', 'wit'] as const;
export type SigningKind = (typeof signingKinds)[number];

const ofKind = (keeping: Keeping, kind: AuthorityKind): readonly StoredAuthority[] =>
  keeping.stored.filter((authority) => authority.kind === kind);

const read = async (context: IdentityContext): Promise<Omit<Keeping, 'context'>> => {
  const { db, clock, keys, config } = context;
  const { bundleSequence } = await readCounter(db);
  const stored = await readAuthorities(db, clock.nowMs());
  const { trustDomain } = config;
  return {
    stored,
    authorities: await loadAuthorities(stored, { keys, trustDomain, bundleSequence }),
  };
};

/** A trust domain is for life: every credential and policy names it. */
const checkTrustDomain = (keeping: Keeping): void => {
  const wanted = `spiffe://${keeping.context.config.trustDomain}`;
  for (const { certificate } of ofKind(keeping, 'root')) {
    const names =
      orThrow(parseCertificate(certificate ?? new Uint8Array(0))).extensions.subjectAltNames ?? [];
    if (names.some((name) => name.kind === 'uri' && name.value === wanted)) continue;
    throw new SallyportError(
      identityErrors.E_IDENTITY_TRUST_DOMAIN,
      `the stored authorities belong to another trust domain than ${wanted}`,
    );
  }
};

/** True when this server may make authorities: it holds the root's key, or there is no root yet. */
const isGuardian = async (keeping: Keeping): Promise<boolean> => {
  const root = ofKind(keeping, 'root').at(-1);
  if (root === undefined) return true;
  try {
    const held = await keeping.context.keys.publicKey(root.keyName);
    return Buffer.from(held).equals(root.publicKey);
  } catch {
    return false;
  }
};

const reload = async (keeping: Keeping): Promise<void> => {
  Object.assign(keeping, await read(keeping.context));
};

const add = async (
  keeping: Keeping,
  plan: Omit<AuthorityPlan, 'sequence'>,
  by?: Actor,
): Promise<StoredAuthority> => {
  const { context } = keeping;
  const { trustDomain, tenant } = context.config;
  const sequence = await nextSequence(context.db, plan.kind);
  const authority = await makeAuthority({ ...context, trustDomain }, { ...plan, sequence });
  const actor = by ?? systemActor(tenant);
  try {
    await carryOut(
      context,
      {
        actor,
        events: [authorityCreated(actor, authority)],
        change: { kind: 'authority', subject: authority.id },
      },
      (transaction) => insertAuthority(transaction, authority),
    );
  } catch (error) {
    // Another replica made the same one a moment earlier: theirs counts.
    if (!isUniqueViolation(error)) throw error;
  }
  await reload(keeping);
  return authority;
};

/** When the next authority of this kind should begin to sign; undefined when it is too early. */
const nextActivation = (keeping: Keeping, kind: SigningKind): number | undefined => {
  const nowMs = keeping.context.clock.nowMs();
  const { x509Signers, jwtSigners, witSigners } = keeping.authorities;
  const held = { intermediate: x509Signers, jwt: jwtSigners, wit: witSigners }[kind];
  const active = activeAt<{ activatesAtMs: number; expiresAtMs: number }>(held, nowMs);
  if (active === undefined) return nowMs;
  const isPrepared = held.some(({ activatesAtMs }) => activatesAtMs > active.activatesAtMs);
  const isEarly = active.expiresAtMs - nowMs > lifeMs[kind] / 3;
  return isPrepared || isEarly ? undefined : nowMs + leadMs;
};

const maintain = async (keeping: Keeping): Promise<void> => {
  const due = signingKinds.map((kind) => nextActivation(keeping, kind));
  if (due.every((activatesAtMs) => activatesAtMs === undefined)) return;
  if (!(await isGuardian(keeping))) return;
  if (ofKind(keeping, 'root').length === 0)
    await add(keeping, { kind: 'root', activatesAtMs: keeping.context.clock.nowMs() });
  const root = ofKind(keeping, 'root').at(-1);
  // Lost the race for the root: its owner makes the rest.
  if (root === undefined || !(await isGuardian(keeping))) return;
  for (const kind of signingKinds) {
    const activatesAtMs = nextActivation(keeping, kind);
    if (activatesAtMs !== undefined) await add(keeping, { kind, activatesAtMs, root });
  }
};

const prepare = async (
  keeping: Keeping,
  actor: Actor,
  plan: { readonly kind: SigningKind; readonly activatesAtMs: number },
): Promise<StoredAuthority | undefined> => {
  const root = ofKind(keeping, 'root').at(-1);
  if (root === undefined || !(await isGuardian(keeping))) return undefined;
  return add(keeping, { ...plan, root }, actor);
};

/**
 * Opens the trust domain and makes its authorities when there are none.
 *
 * @throws SallyportError E_IDENTITY_TRUST_DOMAIN when the storage belongs to another trust domain
 */
export const openTrustDomain = async (context: IdentityContext): Promise<TrustDomainKeeper> => {
  const keeping: Keeping = { context, ...(await read(context)) };
  checkTrustDomain(keeping);
  await maintain(keeping);
  return {
    current: () => keeping.authorities,
    reload: () => reload(keeping),
    maintain: () => maintain(keeping),
    stored: () => keeping.stored,
    prepare: (actor, kind, activatesAtMs) => prepare(keeping, actor, { kind, activatesAtMs }),
  };
};
