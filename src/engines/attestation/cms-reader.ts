/**
 * CMS SignedData (RFC 5652) read from hostile bytes: strict after `berToDer`, bounded, exactly one
 * signer. Reading says nothing about trust; see cms-signer.ts.
 */
import {
  contextPrimitiveTag,
  contextTag,
  DerReader,
  derTags,
  parseDer,
} from '../../kernel/der-reader.ts';
import { isRefusal, type Refusal } from '../../kernel/errors.ts';
import { encodeHex } from '../../kernel/hex.ts';
import { berToDer } from './ber-to-der.ts';
import { malformed } from './reading.ts';

/** Who is said to have signed. The serial is lower-case hex of the INTEGER's octets. */
export type SignerId =
  | { readonly kind: 'issuer'; readonly issuer: Uint8Array; readonly serialNumber: string }
  | { readonly kind: 'key'; readonly subjectKeyId: Uint8Array };

export type SignerInfo = {
  readonly id: SignerId;
  readonly digestOid: string;
  readonly signatureOid: string;
  /** DER of the SET OF Attribute as it was signed; absent when the content itself was. */
  readonly signedAttributes?: {
    readonly der: Uint8Array;
    readonly contentType: string;
    readonly messageDigest: Uint8Array;
  };
  readonly signature: Uint8Array;
};

export type SignedData = {
  readonly contentType: string;
  readonly content: Uint8Array;
  /** The bag: DER of whatever certificates somebody put in. */
  readonly certificates: readonly Uint8Array[];
  readonly signer: SignerInfo;
};

const maxSignedDataBytes = 65_536;
const maxCertificates = 32;
const maxAttributes = 32;
const maxAlgorithms = 8;
const signedDataOid = '1.2.840.113549.1.7.2';
const contentTypeOid = '1.2.840.113549.1.9.3';
const messageDigestOid = '1.2.840.113549.1.9.4';

/** The OID of an AlgorithmIdentifier; parameters may only be NULL or absent. */
const readAlgorithm = (reader: DerReader): string => {
  const algorithm = reader.sequence();
  const oid = algorithm.oid();
  if (!algorithm.isAtEnd) algorithm.null();
  algorithm.expectEnd();
  return oid;
};

const readContent = (reader: DerReader): { contentType: string; content: Uint8Array } => {
  const info = reader.sequence();
  const contentType = info.oid();
  const wrapper = info.enter(contextTag(0));
  const content = wrapper.octetString();
  wrapper.expectEnd();
  info.expectEnd();
  return { contentType, content };
};

const readCertificates = (reader: DerReader): readonly Uint8Array[] => {
  const bag = reader.optionalEnter(contextTag(0));
  const found: Uint8Array[] = [];
  for (let count = 0; bag !== undefined && !bag.isAtEnd; count++) {
    if (count === maxCertificates) bag.fail('too many certificates');
    const choice = bag.element();
    if (choice.tag === derTags.sequence) found.push(choice.raw);
  }
  return found;
};

const readSignerId = (reader: DerReader): SignerId => {
  const key = reader.optional(contextPrimitiveTag(0));
  if (key !== undefined) return { kind: 'key', subjectKeyId: key.contents };
  const id = reader.sequence();
  const issuer = id.expect(derTags.sequence).raw;
  const serialNumber = encodeHex(id.integerBytes());
  id.expectEnd();
  return { kind: 'issuer', issuer, serialNumber };
};

const readAttributeValues = (list: DerReader): ReadonlyMap<string, DerReader> => {
  const values = new Map<string, DerReader>();
  for (let count = 0; !list.isAtEnd; count++) {
    if (count === maxAttributes) list.fail('too many attributes');
    const attribute = list.sequence();
    const oid = attribute.oid();
    if (values.has(oid)) list.fail('an attribute appears twice');
    values.set(oid, attribute.set());
    attribute.expectEnd();
  }
  return values;
};

const valueOf = (values: ReadonlyMap<string, DerReader>, oid: string, list: DerReader): DerReader =>
  values.get(oid) ?? list.fail(`signed attribute ${oid} is missing`);

/** What was signed is the SET OF, not its IMPLICIT tag (RFC 5652 section 5.4). */
const readSignedAttributes = (reader: DerReader): SignerInfo['signedAttributes'] => {
  const element = reader.optional(contextTag(0));
  if (element === undefined) return undefined;
  const der = Uint8Array.from(element.raw);
  der[0] = derTags.set;
  const extent = { start: 0, end: element.contents.length, depth: 8 };
  const list = new DerReader(element.contents, extent);
  const values = readAttributeValues(list);
  const type = valueOf(values, contentTypeOid, list);
  const contentType = type.oid();
  type.expectEnd();
  const digest = valueOf(values, messageDigestOid, list);
  const messageDigest = digest.octetString();
  digest.expectEnd();
  return { der, contentType, messageDigest };
};

const readSigner = (reader: DerReader): SignerInfo => {
  const info = reader.sequence();
  const version = info.smallInteger();
  const id = readSignerId(info);
  if (version !== (id.kind === 'issuer' ? 1 : 3)) info.fail('version of the signer');
  const digestOid = readAlgorithm(info);
  const signedAttributes = readSignedAttributes(info);
  const signatureOid = readAlgorithm(info);
  const signature = info.octetString();
  info.optional(contextTag(1));
  info.expectEnd();
  const attributes = signedAttributes === undefined ? {} : { signedAttributes };
  return { id, digestOid, signatureOid, signature, ...attributes };
};

const readSignedData = (outer: DerReader): SignedData => {
  const info = outer.sequence();
  if (info.oid() !== signedDataOid) info.fail('not signed data');
  const wrapper = info.enter(contextTag(0));
  const body = wrapper.sequence();
  const version = body.smallInteger();
  if (version < 1 || version > 5) body.fail('unknown version');
  const algorithms = body.set();
  for (let count = 0; !algorithms.isAtEnd; count++) {
    if (count === maxAlgorithms) algorithms.fail('too many digest algorithms');
    algorithms.expect(derTags.sequence);
  }
  const content = readContent(body);
  const certificates = readCertificates(body);
  body.optional(contextTag(1));
  const signers = body.set();
  const signer = readSigner(signers);
  // A second signer would make it a matter of taste who signed.
  signers.expectEnd();
  for (const reader of [body, wrapper, info]) reader.expectEnd();
  return { ...content, certificates, signer };
};

/** Parses a ContentInfo that holds SignedData with its content inside. Total on all inputs. */
export const parseSignedData = (bytes: Uint8Array): SignedData | Refusal => {
  const der = berToDer(bytes, maxSignedDataBytes);
  if (isRefusal(der)) return der;
  const parsed = parseDer(der, readSignedData, {
    what: 'signed data',
    maxBytes: 2 * maxSignedDataBytes,
    maxDepth: 24,
  });
  return isRefusal(parsed) ? malformed(parsed.detail) : parsed;
};
