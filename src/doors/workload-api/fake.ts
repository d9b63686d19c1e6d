/**
 * A workload source in memory: every caller is the same workload with real SVIDs of a fake trust
 * domain, which the test changes, rotates, takes away or replaces by a refusal.
 */
import { parseTrustBundle, verifyJwtSvid } from '../../engines/pki/index.ts';
import { isRefusal, orThrow, type Refusal, refuse } from '../../kernel/errors.ts';
import type { SpiffeId } from '../../kernel/ids.ts';
import { workloadErrors } from './errors.ts';
import { createFakeAuthority, type FakeAuthority } from './fake-authority.ts';
import type {
  WorkloadPeer,
  WorkloadReference,
  WorkloadSession,
  WorkloadSource,
  WorkloadState,
  X509Identity,
} from './types.ts';

export { createFakeAuthority, type FakeAuthority } from './fake-authority.ts';

export type FakeWorkloadSource = WorkloadSource & {
  readonly authority: FakeAuthority;
  readonly state: () => WorkloadState;
  /** Changes what every open session sees, at once. */
  readonly update: (change: (state: WorkloadState) => WorkloadState) => void;
  /** New keys and certificates for the same identities. */
  readonly rotate: () => void;
  /** Refuses new sessions until called with undefined. */
  readonly refuseWith: (refusal: Refusal | undefined) => void;
  readonly openSessions: () => number;
  readonly peers: readonly WorkloadPeer[];
  /** What brokers asked for; only `knownPid` exists. */
  readonly references: readonly WorkloadReference[];
};

export type FakeWorkloadOptions = {
  readonly domain?: string;
  /** Paths of the identities, default first. */
  readonly paths?: readonly string[];
  readonly federated?: readonly string[];
  /** The one workload a broker can name by its pid. */
  readonly knownPid?: number;
};

type Held = {
  state: WorkloadState;
  refusal: Refusal | undefined;
  openSessions: number;
  readonly listeners: Set<(state: WorkloadState) => void>;
};

const notEntitled = (): Refusal =>
  refuse(workloadErrors.E_WORKLOAD_IDENTITY, 'this SPIFFE ID is not of this workload');

const chosen = (state: WorkloadState, wanted: SpiffeId | undefined): readonly X509Identity[] =>
  state.identities.filter(({ spiffeId }) => wanted === undefined || spiffeId === wanted);

const validate = (
  state: WorkloadState,
  { audience, token }: { readonly audience: string; readonly token: string },
): ReturnType<WorkloadSession['validateJwt']> =>
  verifyJwtSvid(token, {
    audiences: [audience],
    nowMs: Date.now(),
    bundleOf: (name) => {
      const bundle = [state.bundle, ...state.federated].find((one) => one.trustDomain === name);
      return bundle && orThrow(parseTrustBundle(bundle.trustDomain, bundle.jwks));
    },
  });

const openSession = (held: Held, authority: FakeAuthority): WorkloadSession => {
  let isOpen = true;
  held.openSessions++;
  return {
    current: () => held.state,
    subscribe: (listener) => {
      held.listeners.add(listener);
      return () => held.listeners.delete(listener);
    },
    jwtSvids: ({ audience, spiffeId: wanted }) => {
      const found = chosen(held.state, wanted);
      const svids = found.map(({ spiffeId, hint }) => {
        return { spiffeId, hint, token: authority.issueJwt(spiffeId, audience) };
      });
      return Promise.resolve(svids.length === 0 ? notEntitled() : svids);
    },
    witSvids: ({ spiffeId: wanted }) => {
      const found = chosen(held.state, wanted);
      const svids = found.map(({ spiffeId, hint }) => authority.issueWit(spiffeId, hint));
      return Promise.resolve(svids.length === 0 ? notEntitled() : svids);
    },
    validateJwt: (ask) => validate(held.state, ask),
    close: () => {
      if (isOpen) held.openSessions--;
      isOpen = false;
    },
  };
};

/** Identities `/web` (default) and `/api` of `fake.test`, federated with `friend.test`. */
export const createFakeWorkloadSource = (options: FakeWorkloadOptions = {}): FakeWorkloadSource => {
  const { paths = ['/web', '/api'], federated = ['friend.test'], knownPid = 4242 } = options;
  const authority = createFakeAuthority(options.domain);
  const identities = paths.map((path, at) =>
    authority.issueX509(authority.idOf(path), at === 0 ? '' : path.slice(1)),
  );
  const friends = federated.map((domain) => createFakeAuthority(domain).bundle);
  const state = { identities, bundle: authority.bundle, federated: friends, crls: [] };
  const held: Held = { state, refusal: undefined, openSessions: 0, listeners: new Set() };
  const peers: WorkloadPeer[] = [];
  const references: WorkloadReference[] = [];
  const update: FakeWorkloadSource['update'] = (change) => {
    held.state = change(held.state);
    for (const listener of held.listeners) listener(held.state);
  };
  const renew = ({ spiffeId, hint }: X509Identity) => authority.issueX509(spiffeId, hint);
  return {
    authority,
    peers,
    references,
    state: () => held.state,
    openSessions: () => held.openSessions,
    update,
    rotate: () => update((old) => ({ ...old, identities: old.identities.map(renew) })),
    refuseWith: (refusal) => {
      held.refusal = refusal;
    },
    open: (peer) => {
      peers.push(peer);
      return Promise.resolve(held.refusal ?? openSession(held, authority));
    },
    openReferenced: (_broker, reference) => {
      references.push(reference);
      const isKnown = reference.kind === 'pid' && reference.pid === knownPid;
      const missing = refuse(workloadErrors.E_WORKLOAD_NOT_FOUND, 'no such workload');
      const refusal = held.refusal ?? (isKnown ? undefined : missing);
      return Promise.resolve(isRefusal(refusal) ? refusal : openSession(held, authority));
    },
  };
};
