/**
 * Identities for our own listeners: a fresh key and an X509-SVID each time, renewed at half-life.
 * They never touch a disk. Names are those the listener is reached by.
 */
import { generateKeyPairSync } from 'node:crypto';
import { encodePem, parsePublicKeyInfo } from '../../engines/pki/index.ts';
import { orThrow, SallyportError } from '../../kernel/errors.ts';
import { parseSpiffeId } from '../../kernel/ids.ts';
import { Secret } from '../../kernel/secret.ts';
import { activeAt, type Authorities } from './authorities.ts';
import type { IdentityContext } from './context.ts';
import { identityErrors } from './errors.ts';
import { svidIssued, systemActor } from './events.ts';
import { issueLeaf } from './issue-leaf.ts';
import type { ServerTls, ServerTlsOptions, TlsMaterial } from './types.ts';

type Listener = (material: TlsMaterial) => void;
type Live = {
  readonly options: ServerTlsOptions;
  readonly listeners: Set<Listener>;
  material: TlsMaterial;
  /** Id of the authority that signed it. */
  issuer: string;
  renewAtMs: number;
};

export type ServerIdentities = {
  readonly open: (options?: ServerTlsOptions) => Promise<ServerTls>;
  /** Renews what has passed half its life, or was signed by an authority that is to be replaced. */
  readonly renewDue: () => Promise<void>;
};

const lifeMs = 3_600_000;
const usualPath = '/sallyport';
/** Renewals of several listeners and replicas spread over this share of the half-life. */
const jitterShare = 0.1;
const retryMs = 10_000;
const localNames = { dnsNames: ['localhost'], ipAddresses: ['127.0.0.1', '::1'] };

type Made = { readonly material: TlsMaterial; readonly issuer: string };

const makeMaterial = async (
  context: IdentityContext,
  authorities: Authorities,
  options: ServerTlsOptions,
): Promise<Made> => {
  const { clock, config, ledger } = context;
  const timeMs = clock.nowMs();
  const signer = activeAt(authorities.x509Signers, timeMs);
  if (signer === undefined)
    throw new SallyportError(
      identityErrors.E_AUTHORITY_UNAVAILABLE,
      'this server cannot sign an identity for its own listeners',
    );
  const spiffeId = orThrow(
    parseSpiffeId(`spiffe://${config.trustDomain}${options.path ?? usualPath}`),
  );
  const { publicKey, privateKey } = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    publicKeyEncoding: { format: 'der', type: 'spki' },
    privateKeyEncoding: { format: 'der', type: 'pkcs8' },
  });
  const key = orThrow(parsePublicKeyInfo(publicKey));
  const svid = orThrow(
    issueLeaf(context, signer, {
      ...localNames,
      ...config.serverNames,
      ...options,
      spiffeId,
      key,
      lifeMs,
    }),
  );
  const actor = systemActor(config.tenant);
  const principal = { type: 'Service', id: 'sallyport' } as const;
  await ledger.append(svidIssued(actor, { ...svid, principal, protocol: 'X509-SVID', timeMs }));
  const material = {
    key: new Secret(encodePem('PRIVATE KEY', privateKey)),
    cert: svid.chain.map((der) => encodePem('CERTIFICATE', der)).join(''),
    ca: authorities.rootsPem,
    spiffeId,
    expiresAtMs: svid.expiresAtMs,
  };
  return { material, issuer: svid.issuer };
};

const renewalTime = (context: IdentityContext, material: TlsMaterial): number => {
  const nowMs = context.clock.nowMs();
  const half = (material.expiresAtMs - nowMs) / 2;
  const spread = (context.random.bytes(1)[0] ?? 0) / 256;
  return nowMs + half * (1 - jitterShare * spread);
};

const renew = async (
  context: IdentityContext,
  authorities: Authorities,
  live: Live,
): Promise<void> => {
  try {
    Object.assign(live, await makeMaterial(context, authorities, live.options));
    live.renewAtMs = renewalTime(context, live.material);
  } catch (error) {
    // What is held keeps serving until it expires; try again soon.
    live.renewAtMs = context.clock.nowMs() + retryMs;
    context.log.error({ error }, 'the identity of a listener could not be renewed');
    return;
  }
  for (const listener of live.listeners) listener(live.material);
};

export const createServerIdentities = (
  context: IdentityContext,
  authorities: () => Authorities,
): ServerIdentities => {
  const all = new Set<Live>();
  return {
    open: async (options = {}) => {
      const made = await makeMaterial(context, authorities(), options);
      const renewAtMs = renewalTime(context, made.material);
      const live: Live = { options, listeners: new Set(), ...made, renewAtMs };
      all.add(live);
      return {
        current: () => live.material,
        onRenewed: (listener) => {
          live.listeners.add(listener);
          return () => live.listeners.delete(listener);
        },
        close: () => {
          all.delete(live);
          live.listeners.clear();
        },
      };
    },
    renewDue: async () => {
      const nowMs = context.clock.nowMs();
      const { tainted } = authorities();
      for (const live of all)
        if (nowMs >= live.renewAtMs || tainted.includes(live.issuer))
          await renew(context, authorities(), live);
    },
  };
};
