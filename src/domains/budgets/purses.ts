/**
 * Finds the pockets a request draws from. Bounded: scopes that were not used for longest are put
 * away, and what their pockets held goes back to the store.
 */
import type { ActiveLimit, LimitBook } from './limit-book.ts';
import { keyText, scopeKinds } from './limit-keys.ts';
import { Pocket, type PocketOwner } from './pocket.ts';
import type { ReserveRequest, ScopeKind } from './types.ts';

type Purse = { readonly pockets: Pocket[]; readonly id: string; lastUsedMs: number };
type TenantPurses = {
  readonly principals: Map<string, Purse>;
  readonly teams: Map<string, Purse>;
  readonly endpoints: Map<string, Purse>;
};
type Place = { readonly tenant: string; readonly kind: ScopeKind; readonly id: string };

const mapNames = { principal: 'principals', team: 'teams', endpoint: 'endpoints' } as const;

export type PursesOptions = {
  readonly book: LimitBook;
  readonly owner: PocketOwner;
  /** Most scopes kept at hand. */
  readonly maxScopes: number;
};

const keptShare = 0.9;

const accountOf = (limit: ActiveLimit, id: string): string =>
  keyText(limit.tenant, { ...limit, scope: { kind: limit.scope.kind, id } });

export class Purses {
  readonly #tenants = new Map<string, TenantPurses>();
  readonly #owner: PocketOwner;
  readonly #maxScopes: number;
  #book: LimitBook;
  #count = 0;

  constructor({ book, owner, maxScopes }: PursesOptions) {
    this.#book = book;
    this.#owner = owner;
    this.#maxScopes = maxScopes;
  }

  get book(): LimitBook {
    return this.#book;
  }

  /** Every pocket the request draws from, each once: principal, teams, endpoint. */
  collect({ tenant, principal, teams, endpoint }: ReserveRequest, nowMs: number): Pocket[] {
    const { principals, teams: ofTeams, endpoints } = this.#tenantOf(tenant);
    const pockets: Pocket[] = [];
    const first = principals.get(principal);
    this.#add(
      pockets,
      first ?? this.#open({ tenant, kind: 'principal', id: principal }, nowMs),
      nowMs,
    );
    for (const team of teams) {
      const purse = ofTeams.get(team) ?? this.#open({ tenant, kind: 'team', id: team }, nowMs);
      this.#add(pockets, purse, nowMs);
    }
    const last = endpoints.get(endpoint);
    this.#add(
      pockets,
      last ?? this.#open({ tenant, kind: 'endpoint', id: endpoint }, nowMs),
      nowMs,
    );
    return pockets;
  }

  /** Puts a new book in force: pockets of limits that are gone are emptied. */
  replaceBook(book: LimitBook, nowMs: number): void {
    this.#book = book;
    for (const [tenant, purses] of this.#tenants)
      for (const kind of scopeKinds)
        for (const purse of purses[mapNames[kind]].values())
          this.#refit(purse, { tenant, kind, id: purse.id }, nowMs);
  }

  /** Empties everything; for the end. */
  detachAll(): void {
    for (const kinds of this.#tenants.values())
      for (const purses of Object.values(kinds))
        for (const purse of purses.values())
          purse.pockets.forEach((pocket) => this.#detach(pocket));
    this.#tenants.clear();
    this.#count = 0;
  }

  #add(into: Pocket[], purse: Purse, nowMs: number): void {
    purse.lastUsedMs = nowMs;
    const { pockets } = purse;
    for (let i = 0; i < pockets.length; i++) {
      let pocket = pockets[i] as Pocket;
      if (nowMs >= pocket.endMs || nowMs < pocket.startMs) {
        this.#detach(pocket);
        pocket = this.#newPocket(pocket.limit, purse.id, nowMs);
        pockets[i] = pocket;
      }
      // A team may be named twice.
      if (!into.includes(pocket)) into.push(pocket);
    }
  }

  /** Scopes without limits get an empty purse: knowing that there is nothing is worth keeping. */
  #open({ tenant, kind, id }: Place, nowMs: number): Purse {
    const limits = this.#book.find(tenant, kind, id);
    const pockets = limits.map((limit) => this.#newPocket(limit, id, nowMs));
    const purse: Purse = { pockets, id, lastUsedMs: nowMs };
    if (++this.#count > this.#maxScopes) this.#putAway();
    this.#tenantOf(tenant)[mapNames[kind]].set(id, purse);
    return purse;
  }

  #newPocket(limit: ActiveLimit, id: string, nowMs: number): Pocket {
    const place = { limit, account: accountOf(limit, id), scopeId: id };
    return new Pocket(place, nowMs, this.#owner);
  }

  #detach(pocket: Pocket): void {
    pocket.isDetached = true;
    if (pocket.available !== 0 || pocket.spentUntold !== 0) this.#owner.attend(pocket);
  }

  #tenantOf(tenant: string): TenantPurses {
    const known = this.#tenants.get(tenant);
    if (known !== undefined) return known;
    const fresh = { principals: new Map(), teams: new Map(), endpoints: new Map() };
    this.#tenants.set(tenant, fresh);
    return fresh;
  }

  #refit(purse: Purse, { tenant, kind, id }: Place, nowMs: number): void {
    const old = new Map(purse.pockets.map((pocket) => [pocket.account, pocket]));
    const pockets = this.#book.find(tenant, kind, id).map((limit) => {
      const pocket = old.get(accountOf(limit, id));
      if (pocket === undefined) return this.#newPocket(limit, id, nowMs);
      old.delete(pocket.account);
      pocket.limit = limit;
      pocket.forgetExhaustion();
      pocket.restUntilMs = 0;
      return pocket;
    });
    for (const pocket of old.values()) this.#detach(pocket);
    purse.pockets.splice(0, purse.pockets.length, ...pockets);
  }

  /** Drops the tenth of all purses that was used least recently. */
  #putAway(): void {
    const all = [...this.#tenants.values()].flatMap((kinds) =>
      Object.values(kinds).flatMap((purses) =>
        [...purses.values()].map((purse) => ({ purse, purses })),
      ),
    );
    all.sort((a, b) => a.purse.lastUsedMs - b.purse.lastUsedMs);
    const surplus = all.length - Math.floor(this.#maxScopes * keptShare);
    for (const { purse, purses } of all.slice(0, surplus)) {
      // Somebody waits for it: it is in use whatever the clock says.
      if (purse.pockets.some((pocket) => pocket.waiting > 0)) continue;
      purses.delete(purse.id);
      this.#count -= 1;
      purse.pockets.forEach((pocket) => this.#detach(pocket));
    }
  }
}
