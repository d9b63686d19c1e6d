/**
 * The composition root: builds the whole from a configuration, in the order of the floors, and
 * takes it down in reverse. The only file that knows every floor.
 */
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { accessMigrations, createAccess, createLeastPrivilege } from './domains/access/index.ts';
import { budgetMigrations, createBudgets } from './domains/budgets/index.ts';
import { createEndpoints, migrations as endpointMigrations } from './domains/endpoints/index.ts';
import {
  createIdentity,
  migrations as identityMigrations,
  serverNamesFor,
} from './domains/identity/index.ts';
import { type Ledger, ledgerMigrations, openLedger } from './domains/ledger/index.ts';
import {
  type ApiContext,
  createAuthorize,
  createBundleClient,
  createReadinessChecks,
  readPublishedFrom,
  registerApi,
} from './doors/api/index.ts';
import { createConfiguredAttestors } from './doors/attestors/index.ts';
import { authzenOptions, registerAuthzen } from './doors/authzen/index.ts';
import {
  createGateway,
  type Gateway,
  gatewayLimits,
  listenerTls,
  startListening,
} from './doors/gateway/index.ts';
import { buildApplicationLifecycle } from './engines/ocsf/index.ts';
import { closing, composePlatform, type Platform } from './compose-platform.ts';
import { systemClock as clock } from './kernel/effects.ts';
import type { ResolvedConfig } from './platform/config/index.ts';
import { createHttpApp } from './platform/http/index.ts';
import { openSolver } from './platform/solver/index.ts';

export type RunningServer = {
  readonly url: string;
  /** Trust anchors of the own trust domain, for whoever connects to an https URL. */
  readonly trustPem: string;
  readonly close: () => Promise<void>;
};

const migrations = [
  ...accessMigrations,
  ...budgetMigrations,
  ...endpointMigrations,
  ...identityMigrations,
  ...ledgerMigrations,
];

const composeLedger = (platform: Platform): Promise<Ledger> => {
  const { config, nodeId } = platform;
  const origin = config.ledger.origin ?? `${config.trustDomain}/ledger/${nodeId}`;
  const directory = join(config.dataDir, 'ledger');
  return openLedger({ ...platform, directory, config: { ...config.ledger, origin } });
};

const composeDomains = async (platform: Platform, stack: AsyncDisposableStack) => {
  const { config } = platform;
  const ledger = closing(stack, await composeLedger(platform));
  const access = closing(
    stack,
    await createAccess({ ...platform, ledger, policies: config.policies }),
  );
  const serverNames = serverNamesFor(config.server.host, hostname());
  const egress = { allowPrivate: config.gateway.allowPrivateUpstreams };
  const identity = closing(
    stack,
    await createIdentity({
      ...platform,
      ledger,
      access,
      bundles: createBundleClient(egress),
      attestors: await createConfiguredAttestors({ ...platform, config: config.attestation }),
      config: { ...config, serverNames },
    }),
  );
  const endpoints = closing(stack, await createEndpoints({ ...platform, ledger, access, egress }));
  const node = platform.nodeId;
  const budgets = closing(stack, await createBudgets({ ...platform, ledger, node }));
  const { solve } = closing(stack, openSolver());
  const leastPrivilege = createLeastPrivilege({ ...platform, access, ledger, solve, clock });
  return { ledger, access, leastPrivilege, identity, egress, endpoints, budgets };
};
type Domains = Awaited<ReturnType<typeof composeDomains>>;

/** The version in the package's manifest, which lies one level above this file. */
const readVersion = (): string => {
  const text = readFileSync(join(import.meta.dirname, '../package.json'), 'utf8');
  return (JSON.parse(text) as { readonly version: string }).version;
};

const composeControlPlane = async (platform: Platform, domains: Domains, gateway: Gateway) => {
  const version = readVersion();
  const app = await createHttpApp<ApiContext>({
    ...platform,
    authorize: createAuthorize({ ...domains, clock }),
    info: { title: 'Sallyport', version, description: 'Control plane' },
  });
  const readPublished = readPublishedFrom(join(platform.config.dataDir, 'ledger'));
  const checks = createReadinessChecks(platform);
  const { contextKeys } = gateway;
  const { keys, config } = platform;
  registerApi(app, { ...platform, ...domains, version, readPublished, checks, contextKeys });
  registerAuthzen(app, { ...domains, keys, clock, ...authzenOptions(config.authzen) });
  await app.ready();
  return app;
};

/** Control plane and gateway share the main listener; further ones are the gateway's alone. */
const listen = async (platform: Platform, domains: Domains, stack: AsyncDisposableStack) => {
  const { config } = platform;
  const limits = gatewayLimits(config.gateway);
  const gateway = closing(stack, await createGateway({ ...platform, ...domains, limits }));
  const app = closing(stack, await composeControlPlane(platform, domains, gateway));
  const tls = await listenerTls(config.server.tls, domains.identity);
  const server = await gateway.createServer({ ...tls, fallback: app.handle });
  const { address, port, family } = await startListening(server, config.server);
  for (const listener of config.gateway.listeners) await gateway.listen(listener);
  const host = family === 'IPv6' ? `[${address}]` : address;
  return `http${tls.tls === undefined ? '' : 's'}://${host}:${port}`;
};

const lifecycle = (ledger: Ledger, activity: 'start' | 'stop') =>
  ledger.append({
    class: 'decisive',
    ocsf: buildApplicationLifecycle({
      timeMs: clock.nowMs(),
      activity,
      component: 'server',
      severity: 'informational',
      eventCode: `server.${activity}`,
    }),
  });

/**
 * Starts a server: everything is open and listening when it resolves. When any part cannot start,
 * what had started is closed again and the reason is thrown.
 */
export const composeServer = async (resolved: ResolvedConfig): Promise<RunningServer> => {
  await using stack = new AsyncDisposableStack();
  const platform = await composePlatform(resolved, migrations, stack);
  const domains = await composeDomains(platform, stack);
  const { ledger, identity } = domains;
  await lifecycle(ledger, 'start');
  stack.defer(async () => void (await lifecycle(ledger, 'stop').catch(() => undefined)));
  const unfinished = await ledger.reportUnfinished();
  if (unfinished.length > 0)
    platform.log.warn({ count: unfinished.length }, 'decisions of an earlier run have no outcome');
  const offer = await identity.ensureEnrolmentCode();
  if (offer.kind === 'file')
    platform.log.info({ path: offer.path }, 'no administrator yet: redeem the enrolment code');
  const url = await listen(platform, domains, stack);
  const own = stack.adopt(await identity.serverTls(), (tls) => tls.close());
  const trustPem = own.current().ca;
  const running = stack.move();
  return { url, trustPem, close: () => running.disposeAsync() };
};

/** Rebuilds the ledger's derived index while no server runs on the data directory. */
export const reindexLedger = async (resolved: ResolvedConfig): Promise<number> => {
  await using stack = new AsyncDisposableStack();
  const platform = await composePlatform(resolved, migrations, stack);
  return await closing(stack, await composeLedger(platform)).reindex();
};
