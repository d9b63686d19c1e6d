/**
 * Other trust domains: their bundles, kept apart from ours and from each other, asked for again as
 * often as they wish. A failed request waits for its next turn and leaves the known bundle in force.
 */
import {
  parseTrustBundle,
  type TrustBundle,
  validateX509Svid,
} from '../../../engines/pki/index.ts';
import { isRefusal, type Refusal, refuse } from '../../../kernel/errors.ts';
import { type TrustDomain, trustDomainOf } from '../../../kernel/ids.ts';
import { isJsonObject, type JsonObject } from '../../../kernel/json-value.ts';
import { parseJson } from '../../../kernel/strict-json.ts';
import { outOfBounds } from '../bounds.ts';
import { carryOut, type IdentityContext, makeChange } from '../context.ts';
import { identityErrors } from '../errors.ts';
import { entityChanged } from '../events.ts';
import type { Actor } from '../types.ts';
import {
  deleteFederation,
  putFederation,
  readFederation,
  type StoredFederation,
  updateFederation,
} from './store.ts';
import type { BundleClient, FederatedDomain, Federation, NewFederation } from './types.ts';

export type FederationKeeper = Federation & {
  readonly bundle: (trustDomain: string) => TrustBundle | undefined;
  /** The document as it came, for agents. */
  readonly document: (trustDomain: TrustDomain) => JsonObject | undefined;
  readonly reload: () => Promise<void>;
  /** Asks whoever is due; true when a bundle changed. */
  readonly refreshDue: () => Promise<void>;
};

export type FederationDeps = {
  readonly context: IdentityContext;
  /** Absent: only bundles given by hand. */
  readonly bundles: BundleClient | undefined;
  /** Bundles have changed here. */
  readonly onChanged: () => void;
};

type Known = {
  readonly stored: StoredFederation;
  readonly bundle?: TrustBundle;
  readonly document?: JsonObject;
};

const maxDomains = 256;
const maxDocument = 1 << 20;
const usualHintSeconds = 300;
const hintBounds = { least: 10, most: 86_400 };

const load = (stored: StoredFederation): Known => {
  if (stored.bundle === undefined) return { stored };
  const bundle = parseTrustBundle(stored.trustDomain, stored.bundle);
  const document = parseJson(stored.bundle, { maxBytes: maxDocument });
  if (isRefusal(bundle) || isRefusal(document) || !isJsonObject(document)) return { stored };
  return { stored, bundle, document };
};

const viewOf = (stored: StoredFederation): FederatedDomain => {
  const { bundle: _, ...view } = stored;
  return view;
};

/** The facts a new document changes; refused when it is none, or older than what is known. */
const withBundle = (
  before: StoredFederation,
  text: string,
  nowMs: number,
): StoredFederation | Refusal => {
  if (Buffer.byteLength(text) > maxDocument) return outOfBounds('the bundle is too large');
  const bundle = parseTrustBundle(before.trustDomain, text);
  if (isRefusal(bundle)) return bundle;
  const { sequence, refreshHintSeconds } = bundle;
  if (sequence !== undefined && sequence < (before.sequence ?? 0))
    return refuse(identityErrors.E_FEDERATION_FETCH, `sequence went back to ${sequence} (BU-02)`);
  const { failure: _, refreshHintSeconds: __, ...kept } = before;
  return {
    ...kept,
    bundle: text,
    ...(sequence === undefined ? {} : { sequence }),
    ...(refreshHintSeconds === undefined ? {} : { refreshHintSeconds }),
    fetchedAtMs: nowMs,
    triedAtMs: nowMs,
  };
};

const dueAtMs = ({ stored }: Known): number => {
  const { least, most } = hintBounds;
  const hint = stored.refreshHintSeconds ?? usualHintSeconds;
  return (stored.triedAtMs ?? 0) + Math.min(Math.max(hint, least), most) * 1000;
};

const noClient = refuse(
  identityErrors.E_FEDERATION_FETCH,
  'this server has no way to bundle endpoints',
);

const checkWish = (
  { context, bundles }: FederationDeps,
  wish: NewFederation,
): Refusal | undefined => {
  const { trustDomain, source, bundle } = wish;
  if (trustDomain === context.config.trustDomain)
    return outOfBounds('a trust domain does not federate with itself');
  if (source.profile === 'static')
    return bundle === undefined ? outOfBounds('a static federation needs the bundle') : undefined;
  const forbidden = bundles === undefined ? noClient : bundles.check(source.url);
  if (forbidden !== undefined) return forbidden;
  const needsBundle =
    source.profile === 'https_spiffe' && trustDomainOf(source.endpointSpiffeId) === trustDomain;
  return needsBundle && bundle === undefined
    ? outOfBounds('an endpoint inside its own trust domain needs a first bundle (FE-10, FE-15)')
    : undefined;
};

class Keeper {
  readonly deps: FederationDeps;
  known = new Map<TrustDomain, Known>();

  constructor(deps: FederationDeps) {
    this.deps = deps;
  }

  async reload(): Promise<void> {
    const rows = await readFederation(this.deps.context.db);
    this.known = new Map(rows.map((stored) => [stored.trustDomain, load(stored)]));
    this.deps.onChanged();
  }

  /** Verifies the endpoint's chain: exactly that SPIFFE ID, by the newest bundle of its domain. */
  checkFor(stored: StoredFederation) {
    const { source } = stored;
    if (source.profile !== 'https_spiffe') return undefined;
    return (chain: readonly Uint8Array[]): Refusal | undefined => {
      const svid = validateX509Svid(chain, {
        bundleOf: (name) => this.known.get(name as TrustDomain)?.bundle,
        nowMs: this.deps.context.clock.nowMs(),
      });
      if (isRefusal(svid)) return svid;
      return svid.spiffeId === source.endpointSpiffeId
        ? undefined
        : refuse(identityErrors.E_FEDERATION_FETCH, `the endpoint is ${svid.spiffeId} (FE-10)`);
    };
  }

  async fetch(stored: StoredFederation): Promise<StoredFederation | Refusal> {
    const { source, trustDomain } = stored;
    if (source.profile === 'static') return stored;
    const check = this.checkFor(stored);
    const { bundles, context } = this.deps;
    const request = { trustDomain, source, ...(check === undefined ? {} : { check }) };
    const bytes = bundles === undefined ? noClient : await bundles.fetch(request);
    if (isRefusal(bytes)) return bytes;
    return withBundle(stored, Buffer.from(bytes).toString('utf8'), context.clock.nowMs());
  }

  async refresh(trustDomain: TrustDomain): Promise<FederatedDomain | Refusal> {
    const known = this.known.get(trustDomain);
    if (known === undefined) return unknown(trustDomain);
    const { context } = this.deps;
    const news = await this.fetch(known.stored);
    if (isRefusal(news)) {
      const failed = { ...known.stored, triedAtMs: context.clock.nowMs(), failure: news.detail };
      await updateFederation(context.db, failed);
      this.known.set(trustDomain, { ...known, stored: failed });
      context.log.warn({ trustDomain, failure: news.detail }, 'a bundle could not be fetched');
      return viewOf(failed);
    }
    if (news.bundle === known.stored.bundle) {
      await updateFederation(context.db, news);
      this.known.set(trustDomain, { ...known, stored: news });
      return viewOf(news);
    }
    await makeChange(context, { kind: 'federation', subject: trustDomain }, (trx) =>
      updateFederation(trx, news),
    );
    await this.reload();
    return viewOf(news);
  }

  async set(actor: Actor, wish: NewFederation): Promise<FederatedDomain | Refusal> {
    const { context } = this.deps;
    const problem = checkWish(this.deps, wish);
    if (problem !== undefined) return problem;
    const { trustDomain, source, bundle } = wish;
    if (!this.known.has(trustDomain) && this.known.size >= maxDomains)
      return outOfBounds(`at most ${maxDomains} federated trust domains`);
    const draft: StoredFederation = { trustDomain, source };
    const timeMs = context.clock.nowMs();
    const stored = bundle === undefined ? draft : withBundle(draft, bundle, timeMs);
    if (isRefusal(stored)) return stored;
    const events = [eventOf(actor, stored, { verb: 'set', timeMs })];
    const change = { kind: 'federation', subject: trustDomain } as const;
    await carryOut(context, { actor, events, change }, (trx) => putFederation(trx, stored));
    await this.reload();
    return source.profile === 'static' ? viewOf(stored) : this.refresh(trustDomain);
  }

  async remove(actor: Actor, trustDomain: TrustDomain): Promise<FederatedDomain | Refusal> {
    const { context } = this.deps;
    const known = this.known.get(trustDomain);
    if (known === undefined) return unknown(trustDomain);
    const timeMs = context.clock.nowMs();
    const events = [eventOf(actor, known.stored, { verb: 'removed', timeMs })];
    const change = { kind: 'federation', subject: trustDomain } as const;
    await carryOut(context, { actor, events, change }, (trx) => deleteFederation(trx, trustDomain));
    await this.reload();
    return viewOf(known.stored);
  }

  async refreshDue(): Promise<void> {
    const nowMs = this.deps.context.clock.nowMs();
    for (const [trustDomain, known] of this.known)
      if (known.stored.source.profile !== 'static' && dueAtMs(known) <= nowMs)
        await this.refresh(trustDomain);
  }
}

const unknown = (trustDomain: TrustDomain): Refusal =>
  refuse(identityErrors.E_FEDERATION_NOT_FOUND, `no federation with ${trustDomain}`);

const eventOf = (
  actor: Actor,
  { trustDomain, source }: StoredFederation,
  { verb, timeMs }: { readonly verb: 'set' | 'removed'; readonly timeMs: number },
) =>
  ({
    class: 'decisive',
    ocsf: entityChanged(actor, timeMs, {
      activity: verb === 'set' ? 'update' : 'delete',
      eventCode: `federation.${verb}`,
      entity: { type: 'TrustDomain', uid: trustDomain, data: { ...source } },
    }),
  }) as const;

/** Opens with what is stored; nobody is asked yet. */
export const openFederation = async (deps: FederationDeps): Promise<FederationKeeper> => {
  const keeper = new Keeper(deps);
  await keeper.reload();
  return {
    set: (actor, wish) => keeper.set(actor, wish),
    remove: (actor, trustDomain) => keeper.remove(actor, trustDomain),
    list: () => [...keeper.known.values()].map(({ stored }) => viewOf(stored)),
    refresh: (trustDomain) => keeper.refresh(trustDomain),
    bundle: (trustDomain) => keeper.known.get(trustDomain as TrustDomain)?.bundle,
    document: (trustDomain) => keeper.known.get(trustDomain)?.document,
    reload: () => keeper.reload(),
    refreshDue: () => keeper.refreshDue(),
  };
};
