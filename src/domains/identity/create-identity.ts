/** Puts the identity room together and keeps it going: polls, renewals, upkeep. */
import { formatTrustBundle } from '../../engines/pki/index.ts';
import { uuidv7 } from '../../kernel/uuid.ts';
import { createApiTokens } from './api-tokens.ts';
import { type Authenticator, openAuthenticator } from './authenticator.ts';
import type { IdentityContext } from './context.ts';
import type { IdentityDependencies } from './dependencies.ts';
import { createEnrolment } from './enrolment.ts';
import { createFailedProofs } from './failed-proofs.ts';
import { followChanges, type Freshness } from './freshness.ts';
import { createJoinTokens } from './join-tokens.ts';
import { createMinting, createX509Preparation } from './minting.ts';
import { createPrincipals } from './principals.ts';
import type { IdentityTables } from './schema.ts';
import { createServerIdentities } from './server-tls.ts';
import { openTrustDomain, type TrustDomainKeeper } from './trust-domain.ts';
import type { Identity } from './types.ts';
import { prune, writeLastUses } from './upkeep.ts';

const usualPollMs = 500;
const maxLeaseMs = 30_000;
const upkeepMs = 60_000;
/** Wrong join tokens and enrolment codes of one peer in a minute. */
const codeFailuresPerMinute = 10;

/** Connects what belongs together although each is made before the other. */
type Wiring = { authenticator?: Authenticator; freshness?: Freshness; keeper?: TrustDomainKeeper };

const createContext = (deps: IdentityDependencies, wiring: Wiring): IdentityContext => {
  const { storage, ...rest } = deps;
  return {
    ...rest,
    db: storage.database<IdentityTables>(),
    newUuid: uuidv7(deps.clock, deps.random),
    onChanged: (change, revision) => {
      wiring.authenticator?.applyChange(change);
      wiring.freshness?.noteOwn(revision);
    },
  };
};

type Parts = Required<Wiring>;

const openParts = async (context: IdentityContext, wiring: Wiring): Promise<Parts> => {
  const { config } = context;
  // The revision is read before anything that it counts, so that no change falls in between.
  const freshness = await followChanges(context, {
    leaseMs: Math.min(config.leaseMs ?? maxLeaseMs, maxLeaseMs),
    onChange: (change) => wiring.authenticator?.applyChange(change),
    onGap: () => wiring.authenticator?.forgetAll(),
    onApplied: async (kinds) => {
      if (kinds.has('svid')) await wiring.authenticator?.reloadRevoked();
      if (kinds.has('authority')) await wiring.keeper?.reload();
    },
  });
  wiring.freshness = freshness;
  const keeper = await openTrustDomain(context);
  const authenticator = await openAuthenticator(context, {
    authorities: keeper.current,
    isFresh: freshness.isFresh,
    audiences: [`spiffe://${config.trustDomain}/sallyport`, ...(config.audiences ?? [])],
  });
  return Object.assign(wiring, { keeper, freshness, authenticator });
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
const createRound = (context: IdentityContext, parts: Parts, renewDue: () => Promise<void>) => {
  const { keeper, authenticator } = parts;
  const writeUses = (): Promise<void> => writeLastUses(context, authenticator.takeLastUses);
  let nextUpkeepMs = context.clock.monotonicMs() + upkeepMs;
  const upkeep = async (): Promise<void> => {
    await keeper.maintain();
    await authenticator.reloadRevoked();
    await writeUses();
    await prune(context);
  };
  return {
    due: async (): Promise<void> => {
      if (context.clock.monotonicMs() >= nextUpkeepMs) {
        nextUpkeepMs = context.clock.monotonicMs() + upkeepMs;
        await upkeep();
      }
      await renewDue();
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
  const context = createContext(deps, wiring);
  const parts = await openParts(context, wiring);
  const { keeper, freshness, authenticator } = parts;
  const prepare = createX509Preparation(context, keeper.current);
  const codeFailures = createFailedProofs(context, codeFailuresPerMinute);
  const servers = createServerIdentities(context, keeper.current);
  const round = createRound(context, parts, servers.renewDue);
  const polling = repeat(context, deps.config.pollIntervalMs ?? usualPollMs, async () => {
    await freshness.poll();
    await round.due();
  });
  return {
    trustDomain: deps.config.trustDomain,
    authenticateBearer: authenticator.authenticateBearer,
    authenticateCertificate: authenticator.authenticateCertificate,
    ...createPrincipals(context),
    ...createApiTokens(context),
    ...createMinting(context, keeper.current, prepare),
    ...createJoinTokens(context, { failures: codeFailures, prepare }),
    ...createEnrolment(context, codeFailures),
    bundle: () => formatTrustBundle(keeper.current().bundle),
    serverTls: servers.open,
    revision: freshness.revision,
    refresh: async () => {
      await freshness.refresh();
      await round.due();
    },
    close: async () => {
      await polling.stop();
      await round.last().catch(() => undefined);
    },
  };
};
