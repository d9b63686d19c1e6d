/**
 * The resolver given to every upstream connection: one DNS answer per connection, judged whole and
 * then pinned, so that a name cannot answer with a public address first and a private one later.
 */
import { lookup as systemLookup } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { SallyportError } from '../../kernel/errors.ts';
import { type AddressClass, classifyAddress } from './addresses.ts';
import { endpointErrors } from './errors.ts';
import type { EgressRules, Upstream } from './upstream-url.ts';

export type ResolvedAddress = { readonly address: string; readonly family: number };

/** Answers all addresses of a name; the system's resolver unless a test brings its own. */
export type ResolveAll = (
  hostname: string,
  done: (error: Error | null, addresses: readonly ResolvedAddress[]) => void,
) => void;

export const systemResolveAll: ResolveAll = (hostname, done) =>
  systemLookup(hostname, { all: true, order: 'verbatim' }, (error, addresses) =>
    done(error, addresses ?? []),
  );

const maxAddresses = 16;

/** What answers a name may give: a registered private network, `localhost`, or public only. */
export const allowedClasses = (
  upstream: Upstream,
  isPrivateNetwork: boolean,
  rules: EgressRules,
): ReadonlySet<AddressClass> => {
  if (upstream.hostname === 'localhost') return new Set(['loopback']);
  if (isPrivateNetwork && rules.allowPrivate) return new Set(['public', 'private', 'loopback']);
  return new Set(['public']);
};

const judge = (
  hostname: string,
  addresses: readonly ResolvedAddress[],
  allowed: ReadonlySet<AddressClass>,
): SallyportError | undefined => {
  if (addresses.length === 0 || addresses.length > maxAddresses)
    return new SallyportError(
      endpointErrors.E_EGRESS_FORBIDDEN,
      `${hostname} resolves to ${addresses.length} addresses`,
    );
  // One bad address spoils the answer: a mixed answer is what a rebinding attack looks like.
  const isBad = addresses.some(({ address }) => !allowed.has(classifyAddress(address)));
  return isBad
    ? new SallyportError(
        endpointErrors.E_EGRESS_FORBIDDEN,
        `${hostname} resolves to an address outside the networks this endpoint may use`,
      )
    : undefined;
};

/**
 * Makes a `lookup` for `net.connect`. The connection fails with E_EGRESS_FORBIDDEN when any
 * address of the answer is outside `allowed`.
 */
export const pinnedLookup =
  (allowed: ReadonlySet<AddressClass>, resolveAll: ResolveAll): LookupFunction =>
  (hostname, options, done) =>
    resolveAll(hostname, (error, addresses) => {
      const failure = error ?? judge(hostname, addresses, allowed);
      const [first] = addresses;
      if (failure !== undefined || first === undefined) {
        done(failure as NodeJS.ErrnoException, '', 0);
        return;
      }
      if (options.all === true) done(null, [...addresses]);
      if (options.all !== true) done(null, first.address, first.family);
    });
