/** What the control plane is made of: its neighbours as narrow interfaces. */
import type { Access, LeastPrivilege } from '../../domains/access/index.ts';
import type { Budgets } from '../../domains/budgets/index.ts';
import type { Endpoints } from '../../domains/endpoints/index.ts';
import type {
  Actor,
  AttestedAgent,
  Identity,
  VerifiedIdentity,
} from '../../domains/identity/index.ts';
import type { Ledger } from '../../domains/ledger/index.ts';
import type { Clock } from '../../kernel/effects.ts';
import type { HttpApp } from '../../platform/http/index.ts';
import type { Log } from '../../platform/log/index.ts';
import type { Metrics } from '../../platform/metrics/index.ts';

export type ReadinessCheck = {
  readonly name: string;
  readonly ok: boolean;
  readonly detail?: string;
};

/** Reads a file below the published log (`checkpoint`, `tile/0/000`); undefined when absent. */
export type ReadPublished = (path: string) => Promise<Uint8Array | undefined>;

export type ApiDeps = {
  readonly identity: Identity;
  readonly access: Access;
  readonly ledger: Ledger;
  /** Absent: the routes of least privilege do not exist. */
  readonly leastPrivilege?: LeastPrivilege;
  readonly endpoints: Endpoints;
  readonly budgets: Budgets;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly log: Log;
  readonly version: string;
  readonly readPublished: ReadPublished;
  /** JWK set (RFC 7517) of the gateway's context header. */
  readonly contextKeys: () => Promise<{ readonly keys: readonly object[] }>;
  /** Beside the ledger's own state, which is always looked at. */
  readonly checks?: () => Promise<readonly ReadinessCheck[]>;
};

/** Who makes an authorised call. */
export type ApiContext = {
  readonly identity: VerifiedIdentity;
  /** The same, as domains want it for their events. */
  readonly actor: Actor;
  /** On routes for agents. */
  readonly agent?: AttestedAgent;
};

export type ApiApp = HttpApp<ApiContext>;
export type RegisterRoutes = (app: ApiApp, deps: ApiDeps) => void;
