/** Makes signed documents and tokens of any kind, also such as no honest platform would send. */
import { generateKeyPairSync, hash, type KeyObject, sign } from 'node:crypto';
import { exportPublicJwk, type Certificate, signJose } from '../../../src/engines/pki/index.ts';
import {
  derContext,
  derContextPrimitive,
  derInteger,
  derOctetString,
  derOid,
  derSequence,
  derSetOf,
  derUnsignedInteger,
} from '../../../src/kernel/der-writer.ts';
import type { JsonObject } from '../../../src/kernel/json-value.ts';
import type { Issuer } from '../pki/forge.ts';

const sha256 = derSequence(derOid('2.16.840.1.101.3.4.2.1'));
const ecdsaWithSha256 = derSequence(derOid('1.2.840.10045.4.3.2'));
const data = derOid('1.2.840.113549.1.7.1');

export type CmsRecipe = {
  readonly content: Uint8Array;
  /** Whose key signs. */
  readonly signer: Issuer;
  /** Whom the SignerInfo names; the signer when absent. */
  readonly named?: Certificate;
  readonly namedBy?: 'issuer' | 'key';
  /** The bag, in this order. */
  readonly certificates?: readonly Uint8Array[];
  /** Signs the content itself when 'none'; digest of something else when 'wrong'. */
  readonly attributes?: 'right' | 'none' | 'wrong';
  readonly signers?: 1 | 2;
};

const attributesOf = ({ content, attributes }: CmsRecipe): readonly Uint8Array[] => {
  const digest = hash('sha256', attributes === 'wrong' ? Buffer.from('x') : content, 'buffer');
  return [
    derSequence(derOid('1.2.840.113549.1.9.3'), derSetOf(data)),
    derSequence(derOid('1.2.840.113549.1.9.4'), derSetOf(derOctetString(digest))),
  ];
};

const signerInfo = (recipe: CmsRecipe): Uint8Array => {
  const named = recipe.named ?? recipe.signer.certificate;
  const isByKey = recipe.namedBy === 'key';
  const id = isByKey
    ? derContextPrimitive(0, named.extensions.subjectKeyId ?? new Uint8Array(1))
    : derSequence(named.issuer, derUnsignedInteger(Buffer.from(named.serialNumber, 'hex')));
  const hasAttributes = recipe.attributes !== 'none';
  const attributes = derSetOf(...attributesOf(recipe));
  const implicit = Buffer.from(attributes);
  implicit[0] = 0xa0;
  const signed = hasAttributes ? attributes : recipe.content;
  return derSequence(
    derInteger(isByKey ? 3 : 1),
    id,
    sha256,
    ...(hasAttributes ? [implicit] : []),
    ecdsaWithSha256,
    derOctetString(sign('sha256', signed, recipe.signer.keys.privateKey)),
  );
};

/** A ContentInfo with SignedData inside. */
export const forgeCms = (recipe: CmsRecipe): Uint8Array => {
  const certificates = recipe.certificates ?? [];
  const info = signerInfo(recipe);
  return derSequence(
    derOid('1.2.840.113549.1.7.2'),
    derContext(
      0,
      derSequence(
        derInteger(1),
        derSetOf(sha256),
        derSequence(data, derContext(0, derOctetString(recipe.content))),
        ...(certificates.length === 0 ? [] : [derContext(0, ...certificates)]),
        derSetOf(...(recipe.signers === 2 ? [info, info] : [info])),
      ),
    ),
  );
};

export const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

export type TokenKey = { readonly privateKey: KeyObject; readonly jwks: JsonObject };

export const newTokenKey = (kid = 'k1'): TokenKey => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const jwk = { ...exportPublicJwk(publicKey), kid, alg: 'RS256', use: 'sig' };
  return { privateKey, jwks: { keys: [jwk] } };
};

const part = (value: JsonObject): string =>
  Buffer.from(JSON.stringify(value)).toString('base64url');

export const forgeToken = (
  claims: JsonObject,
  key: TokenKey,
  header: JsonObject = { alg: 'RS256', kid: 'k1', typ: 'JWT' },
): string => {
  const input = `${part(header)}.${part(claims)}`;
  const signature = signJose('RS256', key.privateKey, Buffer.from(input));
  return `${input}.${Buffer.from(signature).toString('base64url')}`;
};
