/** The workload's view as Envoy secrets, by the names Envoy asks for. */
import { create, toBinary } from '@bufbuild/protobuf';
import { hash } from 'node:crypto';
import { encodePem } from '../../../engines/pki/index.ts';
import {
  type Secret as EnvoySecret,
  SecretSchema,
  SPIFFECertValidatorConfigSchema,
} from '../generated/secret_pb.ts';
import { allBundles, bundleKey } from '../messages.ts';
import type { DomainBundle, WorkloadState, X509Identity } from '../types.ts';

export const secretType = 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret';
const validatorType =
  'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.SPIFFECertValidatorConfig';
const validatorName = 'envoy.tls.cert_validator.spiffe';

/** Names with a meaning of their own; all others are SPIFFE IDs. */
export const wellKnown = { identity: 'default', bundle: 'ROOTCA', bundles: 'ALL' } as const;

/** One secret ready to be sent. Its version says nothing about private keys. */
export type NamedSecret = {
  readonly name: string;
  readonly version: string;
  readonly value: () => Uint8Array<ArrayBuffer>;
};

const pem = (label: 'CERTIFICATE' | 'X509 CRL' | 'PRIVATE KEY', ders: readonly Uint8Array[]) => {
  const text = ders.map((der) => encodePem(label, der)).join('');
  return { specifier: { case: 'inlineBytes' as const, value: new Uint8Array(Buffer.from(text)) } };
};

const versionOf = (parts: readonly Uint8Array[]): string =>
  hash('sha256', Buffer.concat(parts.map((part) => hash('sha256', part, 'buffer')))).slice(0, 32);

const encode = (secret: EnvoySecret): Uint8Array<ArrayBuffer> => toBinary(SecretSchema, secret);

const identitySecret = (name: string, { chain, privateKey }: X509Identity): NamedSecret => ({
  name,
  version: versionOf(chain),
  value: () => {
    const value = {
      certificateChain: pem('CERTIFICATE', chain),
      privateKey: pem('PRIVATE KEY', [privateKey.reveal()]),
    };
    return encode(create(SecretSchema, { name, type: { case: 'tlsCertificate', value } }));
  },
});

const bundleSecret = (
  name: string,
  { x509Authorities }: DomainBundle,
  crls: readonly Uint8Array[],
): NamedSecret => ({
  name,
  version: versionOf([...x509Authorities, ...crls]),
  value: () => {
    const value = {
      trustedCa: pem('CERTIFICATE', x509Authorities),
      ...(crls.length === 0 ? {} : { crl: pem('X509 CRL', crls) }),
    };
    return encode(create(SecretSchema, { name, type: { case: 'validationContext', value } }));
  },
});

const validatorSecret = (state: WorkloadState): NamedSecret => {
  const name = wellKnown.bundles;
  const bundles = allBundles(state);
  return {
    name,
    version: versionOf(
      bundles.flatMap((one) => [Buffer.from(one.trustDomain), ...one.x509Authorities]),
    ),
    value: () => {
      const trustDomains = bundles.map(({ trustDomain, x509Authorities }) => {
        return { name: trustDomain, trustBundle: pem('CERTIFICATE', x509Authorities) };
      });
      const config = create(SPIFFECertValidatorConfigSchema, { trustDomains });
      const typed = {
        typeUrl: validatorType,
        value: toBinary(SPIFFECertValidatorConfigSchema, config),
      };
      const value = { customValidatorConfig: { name: validatorName, typedConfig: typed } };
      return encode(create(SecretSchema, { name, type: { case: 'validationContext', value } }));
    },
  };
};

/**
 * The secret of a name, or nothing when the workload has none. Revocation lists are of the own
 * domain, and OpenSSL refuses peers for whose issuer a list is missing: federated bundles go without.
 */
export const secretOf = (state: WorkloadState, name: string): NamedSecret | undefined => {
  const [first] = state.identities;
  if (first === undefined) return undefined;
  if (name === wellKnown.identity) return identitySecret(name, first);
  if (name === wellKnown.bundle) return bundleSecret(name, state.bundle, state.crls);
  if (name === wellKnown.bundles) return validatorSecret(state);
  const identity = state.identities.find(({ spiffeId }) => spiffeId === name);
  if (identity !== undefined) return identitySecret(name, identity);
  const bundle = allBundles(state).find((one) => bundleKey(one) === name);
  if (bundle === undefined) return undefined;
  return bundleSecret(name, bundle, bundle === state.bundle ? state.crls : []);
};

/** What a subscription without names gets: every identity and every bundle. */
export const allNames = (state: WorkloadState): readonly string[] => [
  ...state.identities.map(({ spiffeId }) => spiffeId),
  ...allBundles(state).map(bundleKey),
];

/** One version for a set of secrets. */
export const setVersion = (secrets: readonly NamedSecret[]): string =>
  versionOf(secrets.map(({ name, version }) => Buffer.from(`${name}\0${version}`)));
