/** Makes certificates of any kind, also such as no honest authority would sign. */
import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import {
  type Certificate,
  keyIdentifierOf,
  parseCertificate,
  parsePublicKeyInfo,
  type PublicKeyInfo,
  toX509Authority,
  type TrustBundle,
} from '../../../src/engines/pki/index.ts';
import {
  derBitString,
  derBoolean,
  derContext,
  derContextPrimitive,
  derInteger,
  derNamedBits,
  derOctetString,
  derOid,
  derSequence,
  derSetOf,
  derTime,
  derUtf8String,
} from '../../../src/kernel/der-writer.ts';
import { orThrow } from '../../../src/kernel/errors.ts';
import { parseTrustDomain } from '../../../src/kernel/ids.ts';

export const nowMs = Date.UTC(2026, 10, 20, 12);
export const trustDomain = orThrow(parseTrustDomain('prod.example'));

export type KeyPair = { readonly info: PublicKeyInfo; readonly privateKey: KeyObject };

export const newKeyPair = (namedCurve = 'P-256'): KeyPair => {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve });
  const spki = publicKey.export({ format: 'der', type: 'spki' });
  return { info: orThrow(parsePublicKeyInfo(spki)), privateKey };
};

export const uriName = (text: string): Uint8Array => derContextPrimitive(6, Buffer.from(text));
export const dnsName = (text: string): Uint8Array => derContextPrimitive(2, Buffer.from(text));

type Criticality = 'critical' | 'normal';
export const extension = (
  oid: string,
  value: Uint8Array,
  critical: Criticality = 'normal',
): Uint8Array =>
  derSequence(
    derOid(oid),
    ...(critical === 'critical' ? [derBoolean(true)] : []),
    derOctetString(value),
  );

export const keyUsageBits = { digitalSignature: 0, keyCertSign: 5, crlSign: 6 } as const;
export const keyUsage = (bits: readonly number[], critical: Criticality = 'critical') =>
  extension('2.5.29.15', derNamedBits(bits), critical);
export const basicConstraints = (isCa: boolean, pathLength?: number) =>
  extension(
    '2.5.29.19',
    derSequence(
      ...(isCa ? [derBoolean(true)] : []),
      ...(pathLength === undefined ? [] : [derInteger(pathLength)]),
    ),
    'critical',
  );
export const altNames = (names: readonly Uint8Array[], critical: Criticality = 'critical') =>
  extension('2.5.29.17', derSequence(...names), critical);
export const serverAuth = '1.3.6.1.5.5.7.3.1';
export const clientAuth = '1.3.6.1.5.5.7.3.2';
export const extendedKeyUsage = (purposes: readonly string[]) =>
  extension('2.5.29.37', derSequence(...purposes.map((oid) => derOid(oid))));
export const uriConstraints = (
  permitted: readonly string[],
  excluded: readonly string[] = [],
): Uint8Array => {
  const subtrees = (names: readonly string[]) => names.map((name) => derSequence(uriName(name)));
  return extension(
    '2.5.29.30',
    derSequence(
      ...(permitted.length > 0 ? [derContext(0, ...subtrees(permitted))] : []),
      ...(excluded.length > 0 ? [derContext(1, ...subtrees(excluded))] : []),
    ),
    'critical',
  );
};

export const nameOf = (commonName: string): Uint8Array =>
  derSequence(derSetOf(derSequence(derOid('2.5.4.3'), derUtf8String(commonName))));

const ecdsaWithSha256 = derSequence(derOid('1.2.840.10045.4.3.2'));

export type Issuer = {
  readonly certificate: Certificate;
  readonly der: Uint8Array;
  readonly keys: KeyPair;
};

export type Recipe = {
  readonly keys?: KeyPair;
  /** Self-signed when absent. */
  readonly issuer?: Issuer;
  /** DER of the Name; empty when absent. */
  readonly subject?: Uint8Array;
  readonly extensions: readonly Uint8Array[];
  readonly notBeforeMs?: number;
  readonly notAfterMs?: number;
  readonly keyIds?: 'right' | 'none' | 'wrong-authority';
  /** Signs with another key than the issuer's. */
  readonly signWith?: KeyObject;
};

const keyIdExtensions = (recipe: Recipe, keys: KeyPair): readonly Uint8Array[] => {
  const { keyIds = 'right', issuer } = recipe;
  if (keyIds === 'none') return [];
  const authority =
    keyIds === 'right' ? keyIdentifierOf((issuer?.keys ?? keys).info) : new Uint8Array(20).fill(7);
  return [
    extension('2.5.29.14', derOctetString(keyIdentifierOf(keys.info))),
    extension('2.5.29.35', derSequence(derContextPrimitive(0, authority))),
  ];
};

/** Signs whatever the recipe says. */
export const forge = (recipe: Recipe): Issuer => {
  const keys = recipe.keys ?? newKeyPair();
  const { issuer } = recipe;
  const subject = recipe.subject ?? derSequence();
  const toSign = derSequence(
    derContext(0, derInteger(2)),
    derInteger(BigInt(`0x40${randomBytes(15).toString('hex')}`)),
    ecdsaWithSha256,
    issuer?.certificate.subject ?? subject,
    derSequence(
      derTime(recipe.notBeforeMs ?? nowMs - 60_000),
      derTime(recipe.notAfterMs ?? nowMs + 3_600_000),
    ),
    subject,
    keys.info.spki,
    derContext(3, derSequence(...recipe.extensions, ...keyIdExtensions(recipe, keys))),
  );
  const privateKey = recipe.signWith ?? issuer?.keys.privateKey ?? keys.privateKey;
  const der = derSequence(
    toSign,
    ecdsaWithSha256,
    derBitString(sign('sha256', toSign, privateKey)),
  );
  return { certificate: orThrow(parseCertificate(der)), der, keys };
};

export const leafUsage = keyUsage([keyUsageBits.digitalSignature]);
export const authorityUsage = keyUsage([keyUsageBits.keyCertSign, keyUsageBits.crlSign]);
export const bothPurposes = extendedKeyUsage([serverAuth, clientAuth]);

/** Extensions of a leaf that obeys every rule. */
export const goodLeaf: readonly Uint8Array[] = [
  basicConstraints(false),
  leafUsage,
  bothPurposes,
  altNames([uriName('spiffe://prod.example/a')]),
];

export type AuthorityRecipe = Partial<Recipe> & {
  readonly name?: string;
  readonly pathLength?: number;
  readonly more?: readonly Uint8Array[];
};

/** An authority that obeys every rule; `extensions` replaces all of its own. */
export const forgeAuthority = (recipe: AuthorityRecipe = {}): Issuer => {
  const { name = 'root', pathLength, more = [], ...rest } = recipe;
  return forge({
    subject: nameOf(name),
    extensions: [basicConstraints(true, pathLength), authorityUsage, ...more],
    notBeforeMs: nowMs - 86_400_000,
    notAfterMs: nowMs + 86_400_000,
    ...rest,
  });
};

export const bundleOf = (...roots: readonly Issuer[]): TrustBundle => ({
  trustDomain,
  x509Authorities: roots.map(({ certificate }) => orThrow(toX509Authority(certificate))),
  jwtAuthorities: [],
});

/** A policy that knows one bundle, under its own trust domain only. */
export const policyFor = (bundle: TrustBundle, atMs = nowMs) => ({
  bundleOf: (name: string) => (name === bundle.trustDomain ? bundle : undefined),
  nowMs: atMs,
});
