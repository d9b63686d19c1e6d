/** The registry in memory: rows become endpoints once, credentials are opened once per version. */
import { isRefusal } from '../../kernel/errors.ts';
import type { TenantId } from '../../kernel/ids.ts';
import type { Secret } from '../../kernel/secret.ts';
import { type CredentialKeys, openCredential } from './credentials.ts';
import type { Endpoint, EndpointSpec } from './endpoint.ts';
import type { EndpointRow } from './schema.ts';
import type { EndpointSnapshot } from './store.ts';
import type { EndpointLog } from './types.ts';
import { type EgressRules, parseUpstream } from './upstream-url.ts';

export type CatalogueEntry = {
  readonly endpoint: Endpoint;
  readonly credential: Secret | undefined;
  readonly row: EndpointRow;
};

export type Catalogue = {
  readonly find: (tenant: TenantId, name: string) => CatalogueEntry | undefined;
  readonly list: (tenant: TenantId) => readonly Endpoint[];
  readonly all: () => readonly Endpoint[];
  readonly revision: () => number;
  /** Puts a snapshot in force; endpoints that cannot be used are left out and logged. */
  readonly replace: (snapshot: EndpointSnapshot) => Promise<void>;
};

type Options = {
  readonly keys: CredentialKeys;
  readonly egress: EgressRules;
  readonly log: EndpointLog;
};
type Shelf = ReadonlyMap<string, CatalogueEntry>;

const openRow = async (row: EndpointRow, { keys, egress }: Options): Promise<CatalogueEntry> => {
  const spec = JSON.parse(row.spec) as EndpointSpec;
  const upstream = parseUpstream(spec.url, egress);
  if (isRefusal(upstream)) throw new Error(upstream.detail);
  const { credential_key: key, credential_box: box } = row;
  const credential =
    key === null || box === null ? undefined : await openCredential(keys, row, { key, box });
  const endpoint: Endpoint = {
    ...spec,
    tenant: row.tenant as TenantId,
    name: row.name,
    upstream,
    hasCredential: credential !== undefined,
    version: row.version,
    createdAtMs: row.created_at_ms,
    updatedAtMs: row.updated_at_ms,
  };
  return { endpoint, credential, row };
};

const isSameRow = (a: EndpointRow, b: EndpointRow): boolean =>
  a.version === b.version && a.created_at_ms === b.created_at_ms && a.spec === b.spec;

export const createCatalogue = (options: Options): Catalogue => {
  let shelves: ReadonlyMap<string, Shelf> = new Map();
  let revision = 0;
  const find = (tenant: string, name: string): CatalogueEntry | undefined =>
    shelves.get(tenant)?.get(name);
  const open = async (row: EndpointRow): Promise<CatalogueEntry | undefined> => {
    const known = find(row.tenant, row.name);
    if (known !== undefined && isSameRow(known.row, row)) return known;
    try {
      return await openRow(row, options);
    } catch (error) {
      // Closed by default: an endpoint that cannot be read is no endpoint.
      const reason = error instanceof Error ? error.message : 'unknown';
      options.log.warn({ endpoint: row.name, reason }, 'endpoint left out');
      return undefined;
    }
  };
  return {
    find,
    list: (tenant) => [...(shelves.get(tenant)?.values() ?? [])].map(({ endpoint }) => endpoint),
    all: () => [...shelves.values()].flatMap((shelf) => [...shelf.values()]).map((e) => e.endpoint),
    revision: () => revision,
    replace: async (snapshot) => {
      const next = new Map<string, Map<string, CatalogueEntry>>();
      for (const row of snapshot.rows) {
        const entry = await open(row);
        if (entry !== undefined)
          next.getOrInsertComputed(row.tenant, () => new Map()).set(row.name, entry);
      }
      shelves = next;
      revision = snapshot.revision;
    },
  };
};
