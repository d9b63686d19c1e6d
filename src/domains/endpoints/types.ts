/** What doors see of the registry, and the neighbours it stands on. */
import type { Clock, Random } from '../../kernel/effects.ts';
import type { Refusal } from '../../kernel/errors.ts';
import type { TenantId } from '../../kernel/ids.ts';
import type { Secret } from '../../kernel/secret.ts';
import type { Storage } from '../../platform/storage/index.ts';
import type { Access } from '../access/index.ts';
import type { Actor } from '../identity/index.ts';
import type { Ledger } from '../ledger/index.ts';
import type { CredentialKeys } from './credentials.ts';
import type { Endpoint } from './endpoint.ts';
import type { EgressRules } from './upstream-url.ts';

/** The part of the log the registry writes to. */
export type EndpointLog = {
  readonly warn: (fields: Readonly<Record<string, unknown>>, message: string) => void;
};

export type EndpointsDeps = {
  readonly storage: Storage;
  readonly keys: CredentialKeys;
  readonly access: Pick<Access, 'putEntity' | 'removeEntity' | 'getEntity'>;
  readonly ledger: Pick<Ledger, 'append'>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: EndpointLog;
  readonly egress: EgressRules;
  /** Between two looks for changes of other replicas; 1,000 when absent, 0 never looks. */
  readonly pollMs?: number;
};

/**
 * The registry. Reads come from memory and never wait; a change is in the ledger before it is in
 * the database, in force here when its promise resolves and on other replicas within a poll.
 */
export type Endpoints = {
  /** Hot path: the endpoint a model name stands for. */
  readonly find: (tenant: TenantId, name: string) => Endpoint | undefined;
  readonly list: (tenant: TenantId) => readonly Endpoint[];
  /** The credential for the upstream; undefined when the endpoint has none. */
  readonly credential: (endpoint: Endpoint) => Secret | undefined;
  /** `input` as in `endpointInputSchema`. E_ENDPOINT_INVALID, E_EGRESS_FORBIDDEN, E_ENDPOINT_EXISTS. */
  readonly create: (actor: Actor, input: unknown) => Promise<Endpoint | Refusal>;
  /**
   * Replaces the description; the credential stays unless the input gives one or `null`.
   * E_ENDPOINT_NOT_FOUND, or E_ENDPOINT_CHANGED when `expectedVersion` is not the one in force.
   */
  readonly update: (
    actor: Actor,
    input: unknown,
    expectedVersion?: number,
  ) => Promise<Endpoint | Refusal>;
  readonly remove: (actor: Actor, name: string) => Promise<void | Refusal>;
  /** Grows with every change seen by this process. */
  readonly revision: () => number;
  /** Called after a change is in force; returns the way to stop. */
  readonly onChange: (listener: () => void) => () => void;
  /** Looks for changes of other replicas now. */
  readonly refresh: () => Promise<void>;
  readonly close: () => Promise<void>;
};
