/** Envoy's secret discovery service v3 over the caller's view. */
import { create } from '@bufbuild/protobuf';
import type { HandlerContext, ServiceImpl } from '@connectrpc/connect';
import type { Log } from '../../../platform/log/index.ts';
import {
  type DeltaDiscoveryRequest,
  type DeltaDiscoveryResponse,
  DeltaDiscoveryResponseSchema,
  type DiscoveryRequest,
  type DiscoveryResponse,
  DiscoveryResponseSchema,
  type SecretDiscoveryService,
} from '../generated/sds_pb.ts';
import { entitled } from '../latest.ts';
import type { RpcLimits } from '../rpc/limits.ts';
import { invalid } from '../status.ts';
import type { WorkloadSession, WorkloadSource, WorkloadState } from '../types.ts';
import { awaitSession, workloadOf } from '../with-session.ts';
import { allNames, type NamedSecret, secretOf, secretType, setVersion } from './secrets.ts';
import { runSubscription, type Variant } from './subscription.ts';

export type SdsOptions = {
  readonly source: WorkloadSource;
  readonly limits: RpcLimits;
  readonly log: Log;
};

const maxNames = 256;
const maxNameLength = 2_048;

const checkNames = (names: Iterable<string>, count: number): void => {
  if (count > maxNames) throw invalid(`more than ${maxNames} secrets`);
  for (const name of names) if (name.length > maxNameLength) throw invalid('a name is too long');
};

const anyOf = ({ value }: NamedSecret) => ({ typeUrl: secretType, value: value() });

const found = (state: WorkloadState, names: Iterable<string>): readonly NamedSecret[] =>
  Array.from(names, (name) => secretOf(state, name)).filter((one) => one !== undefined);

const wantedOf = (state: WorkloadState, names: readonly string[]): readonly NamedSecret[] =>
  found(state, names.length === 0 ? allNames(state) : names);

const responseOf = (secrets: readonly NamedSecret[], version: string, nonce: string) =>
  create(DiscoveryResponseSchema, {
    versionInfo: version,
    resources: secrets.map(anyOf),
    typeUrl: secretType,
    nonce,
  });

/** State of the world: every response holds all secrets of the last accepted set of names. */
const wholeVariant = (): Variant<DiscoveryRequest, DiscoveryResponse> => {
  let names: readonly string[] = [];
  let sent: string | undefined;
  let asked: string | undefined;
  return {
    take: ({ resourceNames }, isFresh) => {
      // An answer to an older response says nothing; the client will answer the newest, too.
      if (!isFresh) return;
      checkNames(resourceNames, resourceNames.length);
      const key = JSON.stringify(resourceNames.toSorted());
      if (key !== asked) sent = undefined;
      asked = key;
      names = resourceNames;
    },
    answer: (state, nonce) => {
      const secrets = wantedOf(state, names);
      const version = setVersion(secrets);
      // Also after a refusal the same secrets are not sent again.
      if (version === sent) return undefined;
      sent = version;
      return responseOf(secrets, version, nonce);
    },
  };
};

/** Incremental: only what changed, and what has gone. */
const deltaVariant = (): Variant<DeltaDiscoveryRequest, DeltaDiscoveryResponse> => {
  const names = new Set<string>();
  const known = new Map<string, string>();
  const missing = new Set<string>();
  return {
    take: (input) => {
      for (const [name, version] of Object.entries(input.initialResourceVersions))
        known.set(name, version);
      for (const name of input.resourceNamesSubscribe) {
        // Subscribing again asks for the resource again.
        if (names.has(name)) known.delete(name);
        names.add(name);
        missing.delete(name);
      }
      for (const name of input.resourceNamesUnsubscribe) {
        names.delete(name);
        known.delete(name);
        missing.delete(name);
      }
      checkNames(names, Math.max(names.size, known.size));
    },
    answer: (state, nonce) => {
      const secrets = found(state, names);
      const changed = secrets.filter(({ name, version }) => known.get(name) !== version);
      const has = new Set(secrets.map(({ name }) => name));
      const gone = [...names].filter((name) => !has.has(name) && !missing.has(name));
      if (changed.length === 0 && gone.length === 0) return undefined;
      for (const { name, version } of changed) known.set(name, version);
      for (const name of has) missing.delete(name);
      for (const name of gone) {
        known.delete(name);
        missing.add(name);
      }
      return create(DeltaDiscoveryResponseSchema, {
        systemVersionInfo: setVersion(secrets),
        resources: changed.map((secret) => {
          return { name: secret.name, version: secret.version, resource: anyOf(secret) };
        }),
        typeUrl: secretType,
        nonce,
        removedResources: gone,
      });
    },
  };
};

/** The service; the caller is attested as a workload, as on the Workload API. */
export const createSdsService = ({
  source,
  limits,
  log,
}: SdsOptions): ServiceImpl<typeof SecretDiscoveryService> => {
  const open = (context: HandlerContext): Promise<WorkloadSession> =>
    awaitSession(source.open(workloadOf(context)), context, limits.openMs);
  return {
    streamSecrets: async function* (requests, context) {
      const session = await open(context);
      try {
        const variant = wholeVariant();
        yield* runSubscription({ session, requests, signal: context.signal, variant, log });
      } finally {
        session.close();
      }
    },
    deltaSecrets: async function* (requests, context) {
      const session = await open(context);
      try {
        const variant = deltaVariant();
        yield* runSubscription({ session, requests, signal: context.signal, variant, log });
      } finally {
        session.close();
      }
    },
    fetchSecrets: async ({ resourceNames }, context) => {
      checkNames(resourceNames, resourceNames.length);
      const session = await open(context);
      try {
        const secrets = wantedOf(entitled(session.current()), resourceNames);
        return responseOf(secrets, setVersion(secrets), '');
      } finally {
        session.close();
      }
    },
  };
};
