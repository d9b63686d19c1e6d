/**
 * The registry of model endpoints: who may be called, how, and at what price. Nothing that is not
 * registered here is ever dialled. Changes are recorded, then stored, then in force.
 */
import { isRefusal, type Refusal, refuse } from '../../kernel/errors.ts';
import type { TenantId } from '../../kernel/ids.ts';
import type { Actor } from '../identity/index.ts';
import { type Catalogue, type CatalogueEntry, createCatalogue } from './catalogue.ts';
import { credentialKeyName, sealCredential } from './credentials.ts';
import type { Endpoint } from './endpoint.ts';
import { entityOf, entityRefOf } from './entity.ts';
import { endpointErrors } from './errors.ts';
import { endpointChanged } from './events.ts';
import { type ParsedEndpoint, parseEndpoint } from './parse-endpoint.ts';
import type { EndpointRow } from './schema.ts';
import { createEndpointStore, type EndpointStore } from './store.ts';
import type { Endpoints, EndpointsDeps } from './types.ts';
import { parseUpstream } from './upstream-url.ts';

const defaultPollMs = 1_000;

type Registry = {
  readonly deps: EndpointsDeps;
  readonly store: EndpointStore;
  readonly catalogue: Catalogue;
  readonly reload: () => Promise<void>;
};

const parse = (registry: Registry, input: unknown): ParsedEndpoint | Refusal => {
  const parsed = parseEndpoint(input);
  if (isRefusal(parsed)) return parsed;
  const upstream = parseUpstream(parsed.spec.url, registry.deps.egress);
  if (isRefusal(upstream)) return upstream;
  const { tls } = parsed.spec;
  if (!upstream.isSecure && (tls.spiffeId !== undefined || tls.caPem !== undefined))
    return refuse(endpointErrors.E_ENDPOINT_INVALID, 'tls: needs an https:// upstream');
  return parsed;
};

const rowOf = async (
  registry: Registry,
  parsed: ParsedEndpoint,
  { tenant, previous }: { readonly tenant: TenantId; readonly previous?: CatalogueEntry },
): Promise<EndpointRow> => {
  const { deps } = registry;
  const { name, spec, credential } = parsed;
  const sealed =
    credential === undefined || credential === null
      ? undefined
      : await sealCredential(deps, { tenant, name }, credential);
  const kept = credential === undefined ? previous?.row : undefined;
  const nowMs = deps.clock.nowMs();
  return {
    tenant,
    name,
    spec: JSON.stringify(spec),
    version: (previous?.row.version ?? 0) + 1,
    credential_key: sealed?.key ?? kept?.credential_key ?? null,
    credential_box: sealed?.box ?? kept?.credential_box ?? null,
    created_at_ms: previous?.row.created_at_ms ?? nowMs,
    updated_at_ms: nowMs,
  };
};

/** The entity first: an endpoint without one would be denied to everybody, never the reverse. */
const publish = async (registry: Registry, row: EndpointRow): Promise<Endpoint | Refusal> => {
  await registry.reload();
  const entry = registry.catalogue.find(row.tenant as TenantId, row.name);
  if (entry === undefined)
    return refuse(endpointErrors.E_ENDPOINT_CHANGED, `${row.name} was removed meanwhile`);
  const verdict = await registry.deps.access.putEntity(entityOf(entry.endpoint));
  return isRefusal(verdict) ? verdict : entry.endpoint;
};

const create = async (
  registry: Registry,
  actor: Actor,
  input: unknown,
): Promise<Endpoint | Refusal> => {
  const parsed = parse(registry, input);
  if (isRefusal(parsed)) return parsed;
  const { name } = parsed;
  const taken = refuse(endpointErrors.E_ENDPOINT_EXISTS, `endpoint ${name} exists`);
  if (registry.catalogue.find(actor.tenant, name) !== undefined) return taken;
  const row = await rowOf(registry, parsed, { tenant: actor.tenant });
  await record(registry, actor, { kind: 'create', row });
  return (await registry.store.insert(row)) ? publish(registry, row) : taken;
};

const update = async (
  registry: Registry,
  actor: Actor,
  { input, expectedVersion }: { readonly input: unknown; readonly expectedVersion?: number },
): Promise<Endpoint | Refusal> => {
  const parsed = parse(registry, input);
  if (isRefusal(parsed)) return parsed;
  const { name } = parsed;
  const previous = registry.catalogue.find(actor.tenant, name);
  if (previous === undefined) return notFound(name);
  const changed = refuse(endpointErrors.E_ENDPOINT_CHANGED, `${name} changed meanwhile`);
  if (expectedVersion !== undefined && expectedVersion !== previous.row.version) return changed;
  const row = await rowOf(registry, parsed, { tenant: actor.tenant, previous });
  await record(registry, actor, { kind: 'update', row });
  return (await registry.store.update(row)) ? publish(registry, row) : changed;
};

const remove = async (registry: Registry, actor: Actor, name: string): Promise<void | Refusal> => {
  const entry = registry.catalogue.find(actor.tenant, name);
  if (entry === undefined) return notFound(name);
  await record(registry, actor, { kind: 'delete', row: entry.row });
  const existed = await registry.store.remove(actor.tenant, name);
  await registry.reload();
  await registry.deps.access.removeEntity(entityRefOf(entry.endpoint));
  return existed ? undefined : notFound(name);
};

const notFound = (name: string): Refusal =>
  refuse(endpointErrors.E_ENDPOINT_NOT_FOUND, `there is no endpoint ${JSON.stringify(name)}`);

const record = async (
  { deps }: Registry,
  actor: Actor,
  change: { readonly kind: 'create' | 'update' | 'delete'; readonly row: EndpointRow },
): Promise<void> => {
  await deps.ledger.append(endpointChanged({ actor, ...change, timeMs: deps.clock.nowMs() }));
};

/** One change at a time, so that read-check-write in this process never interleaves. */
const oneAtATime = (): (<T>(work: () => Promise<T>) => Promise<T>) => {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const next = last.then(work, work);
    last = next.catch(() => undefined);
    return next;
  };
};

const startPolling = (deps: EndpointsDeps, refresh: () => Promise<void>): (() => void) => {
  const pollMs = deps.pollMs ?? defaultPollMs;
  if (pollMs === 0) return () => undefined;
  const timer = setInterval(() => {
    refresh().catch((error: unknown) => {
      const reason = error instanceof Error ? error.message : 'unknown';
      deps.log.warn({ reason }, 'endpoints could not be refreshed');
    });
  }, pollMs);
  timer.unref();
  return () => clearInterval(timer);
};

/** Opens the registry: loads every endpoint and makes sure each has its entity. */
export const createEndpoints = async (deps: EndpointsDeps): Promise<Endpoints> => {
  await deps.keys.ensureWrappingKey(credentialKeyName);
  const store = createEndpointStore(deps.storage);
  const catalogue = createCatalogue(deps);
  const listeners = new Set<() => void>();
  const exclusively = oneAtATime();
  const reload = async (): Promise<void> => {
    await catalogue.replace(await store.load());
    for (const listener of listeners) listener();
  };
  const registry: Registry = { deps, store, catalogue, reload };
  const refresh = (): Promise<void> =>
    exclusively(async () => {
      if ((await store.revision()) !== catalogue.revision()) await reload();
    });
  await reload();
  for (const endpoint of catalogue.all())
    if (deps.access.getEntity(entityRefOf(endpoint)) === undefined)
      await deps.access.putEntity(entityOf(endpoint));
  const stopPolling = startPolling(deps, refresh);
  return {
    find: (tenant, name) => catalogue.find(tenant, name)?.endpoint,
    list: catalogue.list,
    credential: (endpoint) => catalogue.find(endpoint.tenant, endpoint.name)?.credential,
    create: (actor, input) => exclusively(() => create(registry, actor, input)),
    update: (actor, input, expectedVersion) =>
      exclusively(() =>
        update(registry, actor, {
          input,
          ...(expectedVersion === undefined ? {} : { expectedVersion }),
        }),
      ),
    remove: (actor, name) => exclusively(() => remove(registry, actor, name)),
    revision: catalogue.revision,
    onChange: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    refresh,
    close: async () => {
      stopPolling();
      await exclusively(async () => undefined);
    },
  };
};
