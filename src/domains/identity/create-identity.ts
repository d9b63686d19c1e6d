/** Puts the identity room together and keeps it going: polls, renewals, upkeep. */
import { formatTrustBundle } from '../../engines/pki/index.ts';
import { uuidv7 } from '../../kernel/uuid.ts';
import { createApiTokens } from './api-tokens.ts';
import { type Authenticator, openAuthenticator } from './authenticator.ts';
import { newestChangeMs } from './changes.ts';
import { guardClock } from './clock/guarded-clock.ts';
import type { IdentityContext } from './context.ts';
import type { IdentityDependencies } from './dependencies.ts';
import { createEnrolment } from './enrolment.ts';
import { createFailedProofs } from './failed-proofs.ts';
import { type FederationKeeper, openFederation } from './federation/federation.ts';
import { followChanges, type Freshness } from './freshness.ts';
import { createJoinTokens } from './join-tokens.ts';
import { createMinting, createX509Preparation } from './minting.ts';
import { createPrincipals } from './principals.ts';
import { RevocationKnowledge } from './revocation/knowledge.ts';
import type { IdentityTables } from './schema.ts';
import { createServerIdentities } from './server-tls.ts';
import { openTrustDomain, type TrustDomainKeeper } from './trust-domain.ts';
import type { Identity } from './types.ts';
import { prune, writeLastUses } from './upkeep.ts';
import { openWorkloads, type Workloads } from './workloads.ts';

const usualPollMs = 500;
const maxLeaseMs = 30_000;
const upkeepMs = 60_000;
/** Wrong join tokens and enrolment codes of one peer in a minute. */
const codeFailuresPerMinute = 10;

/** Connects what belongs together although each is made before the other. */
type Wiring = {
  authenticator?: Authenticator;
  freshness?: Freshness;
  keeper?: TrustDomainKeeper;
  federation?: FederationKeeper;
  workloads?: Workloads;
};

const createContext = async (
  deps: IdentityDependencies,
  wiring: Wiring,
): Promise<IdentityContext> => {
  const { storage, ...rest } = deps;
  const db = storage.database<IdentityTables>();
  const clock = guardClock(deps.clock, await newestChangeMs(db));
  return {
    ...rest,
    db,
    clock,
    clockProblem: clock.problem,
    newUuid: uuidv7(clock, deps.random),
    onChanged: (change, revision) => {
      wiring.authenticator?.applyChange(change);
      wiring.workloads?.noteOwn(change.kind);
      wiring.freshness?.noteOwn(revision);
    },
  };
};

type Parts = Required<Omit<Wiring, 'workloads'>> & { readonly knowledge: RevocationKnowledge };

const leaseOf = ({ config }: IdentityContext): number =>
  Math.min(config.leaseMs ?? maxLeaseMs, maxLeaseMs);

/** The revision is read before anything that it counts, so that no change falls in between. */
const follow = (context: IdentityContext, wiring: Wiring): Promise<Freshness> =>
  followChanges(context, {
    leaseMs: leaseOf(context),
    onChange: (change) => {
      wiring.authenticator?.applyChange(change);
      wiring.workloads?.noteForeign(change.kind);
    },
    onGap: () => wiring.authenticator?.forgetAll(),
    onApplied: async (news) => {
      const { kinds } = news;
      if (kinds.has('svid') || kinds.has('subject')) await wiring.authenticator?.reloadRevoked();
      if (kinds.has('authority')) await wiring.keeper?.reload();
      await wiring.workloads?.applied(news);
    },
  });

const openParts = async (context: IdentityContext, wiring: Wiring): Promise<Parts> => {
  const { config } = context;
  const freshness = await follow(context, wiring);
  wiring.freshness = freshness;
  const keeper = await openTrustDomain(context);
  const federation = await openFederation({
    context,
    bundles: context.bundles,
    onChanged: () => wiring.workloads?.noteOwn('federation'),
  });
  const knowledge = new RevocationKnowledge();
  const authenticator = await openAuthenticator(context, {
    authorities: keeper.current,
    foreign: federation.bundle,
    isFresh: freshness.isFresh,
    audiences: [`spiffe://${config.trustDomain}/sallyport`, ...(config.audiences ?? [])],
    knowledge,
  });
  return Object.assign(wiring, { keeper, freshness, authenticator, federation, knowledge });
};

/** Runs `work` again and again, never twice at once, and logs the first failure of a row. */
const repeat = (
  context: Pick<IdentityContext, 'log'>,
  intervalMs: number,
  work: () => Promise<void>,
): { readonly stop: () => Promise<void> } => {
  let running: Promise<void> = Promise.resolve();
  let isBusy = false;
  let isFailing = false;
  const once = async (): Promise<void> => {
    isBusy = true;
    try {
      await work();
      if (isFailing) context.log.info({}, 'identities are up to date again');
      isFailing = false;
    } catch (error) {
      if (!isFailing) context.log.error({ error }, 'identities could not be brought up to date');
      isFailing = true;
    }
    isBusy = false;
  };
  const timer =
    intervalMs > 0
      ? setInterval(() => {
          if (!isBusy) running = once();
        }, intervalMs)
      : undefined;
  timer?.unref();
  return {
    stop: async () => {
      clearInterval(timer);
      await running;
    },
  };
};

/** The round that every poll makes: news first, then what has become due. */
const createRound = (
  context: IdentityContext,
  parts: Parts & { readonly workloads: Workloads },
  renewDue: () => Promise<void>,
) => {
  const { keeper, authenticator, workloads } = parts;
  const writeUses = (): Promise<void> => writeLastUses(context, authenticator.takeLastUses);
  let nextUpkeepMs = context.clock.monotonicMs() + upkeepMs;
  const upkeep = async (): Promise<void> => {
    await keeper.maintain();
    await authenticator.reloadRevoked();
    await writeUses();
    await workloads.upkeep();
    await prune(context);
  };
  return {
    due: async (): Promise<void> => {
      if (context.clock.monotonicMs() >= nextUpkeepMs) {
        nextUpkeepMs = context.clock.monotonicMs() + upkeepMs;
        await upkeep();
      }
      await renewDue();
      await workloads.due();
    },
    last: writeUses,
  };
};

/**
 * Opens the identity room. Storage must be migrated; a first start makes the trust domain.
 *
 * @throws SallyportError E_IDENTITY_TRUST_DOMAIN, E_LEDGER_UNAVAILABLE or what storage throws
 */
export const createIdentity = async (deps: IdentityDependencies): Promise<Identity> => {
  const wiring: Wiring = {};
  const context = await createContext(deps, wiring);
  const parts = await openParts(context, wiring);
  const { keeper, freshness, authenticator, federation } = parts;
  const prepare = createX509Preparation(context, keeper.current);
  const codeFailures = createFailedProofs(context, codeFailuresPerMinute);
  const servers = createServerIdentities(context, keeper.current);
  const principals = createPrincipals(context, (name) => federation.bundle(name) !== undefined);
  const workloads = await openWorkloads({
    ...parts,
    context,
    policy: authenticator.policy,
    createPrincipal: principals.createPrincipal,
    leaseMs: leaseOf(context),
    failures: codeFailures,
    renewServers: servers.renewDue,
  });
  wiring.workloads = workloads;
  const round = createRound(context, { ...parts, workloads }, servers.renewDue);
  const pollMs = deps.config.pollIntervalMs ?? usualPollMs;
  const polling = repeat(context, pollMs, async () => {
    await freshness.poll();
    await round.due();
  });
  // Asks other trust domains on its own, so that none of them can hold up the polls.
  const asking = repeat(context, pollMs, federation.refreshDue);
  const { agents, entries, revocations, authorities } = workloads;
  return {
    trustDomain: deps.config.trustDomain,
    authenticateBearer: authenticator.authenticateBearer,
    authenticateCertificate: authenticator.authenticateCertificate,
    ...principals,
    ...createApiTokens(context),
    ...createMinting(context, keeper.current, prepare),
    ...createJoinTokens(context, { failures: codeFailures, prepare }),
    ...createEnrolment(context, codeFailures),
    agents,
    entries,
    revocations,
    authorities,
    federation,
    bundle: () => formatTrustBundle(keeper.current().bundle),
    serverTls: servers.open,
    revision: freshness.revision,
    refresh: async () => {
      await freshness.refresh();
      await round.due();
    },
    close: async () => {
      await Promise.all([polling.stop(), asking.stop()]);
      await round.last().catch(() => undefined);
    },
  };
};
