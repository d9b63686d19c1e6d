/**
 * Certificate revocation lists, version 2 (RFC 5280 section 5), parsed from hostile bytes: strict
 * DER, bounded, and fast for lists of 100,000 entries. Parsing says nothing about trust; see
 * revocation.ts.
 */
import { DerReader, derTags, parseDer } from '../../kernel/der-reader.ts';
import { isRefusal, type Refusal } from '../../kernel/errors.ts';
import { type Certificate, readName } from './certificate.ts';
import {
  compareSerial,
  entryAt,
  positionOf,
  type RevokedEntry,
  type ScannedEntries,
  scanEntries,
  sortEntries,
} from './crl-entries.ts';
import { asMalformed, insideOf } from './der-inside.ts';
import { readExtensions } from './extensions.ts';
import { oids } from './oids.ts';
import { decodeOnePem } from './pem.ts';
import { importPublicKey } from './public-key.ts';
import {
  readSignatureAlgorithm,
  type SignatureAlgorithm,
  type SignedBytes,
  verifySignature,
} from './signature-algorithm.ts';

/** A parsed list. Byte fields are views of `raw`, times epoch milliseconds. */
export type Crl = {
  readonly raw: Uint8Array;
  /** DER of the issuer's Name. */
  readonly issuer: Uint8Array;
  readonly thisUpdateMs: number;
  /** Absent when the issuer promises no next list; such a list is never fresh here. */
  readonly nextUpdateMs?: number;
  /** Grows with every list of one issuer. */
  readonly number?: bigint;
  readonly authorityKeyId?: Uint8Array;
  /** Critical extensions of list and entries we do not process: the list decides nothing then. */
  readonly unknownCritical: readonly string[];
  readonly size: number;
  /** What the list says about a serial number in the hex form of `Certificate.serialNumber`. */
  readonly find: (serialNumber: string) => RevokedEntry | undefined;
  /**
   * True when the key of `issuer` signed this list and may (name, key identifier, cRLSign). The
   * last answers are remembered: checking a list again costs nothing.
   */
  readonly isSignedBy: (issuer: Certificate) => boolean;
};

/** Largest list that is looked at: some 300,000 of our entries. */
export const maxCrlBytes = 16 << 20;
const maxNumberBytes = 20;
/** Issuer certificates whose verdict is remembered; a renewed authority has a handful. */
const maxRemembered = 8;

type Signed = { readonly algorithm: SignatureAlgorithm; readonly bytes: SignedBytes };

const equal = (left: Uint8Array, right: Uint8Array): boolean => Buffer.compare(left, right) === 0;

const readNumber = (value: Uint8Array): bigint => {
  const reader = new DerReader(value, { start: 0, end: value.length, depth: 1 });
  if (value.length > maxNumberBytes + 2) reader.fail('CRL number is too long');
  const number = reader.integer();
  if (number < 0n) reader.fail('CRL number is negative');
  reader.expectEnd();
  return number;
};

const readListExtensions = (tbs: DerReader) => {
  const wrapper = tbs.optionalExplicit(0);
  const extensions = wrapper && readExtensions(wrapper);
  wrapper?.expectEnd();
  const number = extensions?.all.get(oids.crlNumber);
  return {
    ...(number === undefined ? {} : { number: readNumber(number.value) }),
    ...(extensions?.authorityKeyId === undefined
      ? {}
      : { authorityKeyId: extensions.authorityKeyId }),
    unknownCritical: (extensions?.unknownCritical ?? []).filter((oid) => oid !== oids.crlNumber),
  };
};

const isTime = (tag: number | undefined): boolean =>
  tag === derTags.utcTime || tag === derTags.generalizedTime;

const readTbs = (tbs: DerReader) => {
  if (tbs.smallInteger() !== 1) tbs.fail('CRL must be version 2');
  const innerAlgorithm = readSignatureAlgorithm(tbs);
  const issuer = readName(tbs).raw;
  const thisUpdateMs = tbs.time();
  const nextUpdate = isTime(tbs.peekTag()) ? { nextUpdateMs: tbs.time() } : {};
  const list = tbs.optional(derTags.sequence)?.contents ?? new Uint8Array(0);
  const entries = scanEntries(list);
  const { unknownCritical, ...extensions } = readListExtensions(tbs);
  tbs.expectEnd();
  return {
    innerAlgorithm,
    entries: { ...entries, bytes: list },
    fields: { issuer, thisUpdateMs, ...nextUpdate, ...extensions },
    unknownCritical: [...unknownCritical, ...entries.unknownCritical],
  };
};

type Entries = ScannedEntries & { readonly bytes: Uint8Array };

/** Sorts on first use, which comes after the signature was checked. */
const createFinder = (entries: Entries): Crl['find'] => {
  const { bytes, isSorted } = entries;
  const count = entries.starts.length;
  let sorted = isSorted ? entries.starts : undefined;
  return (serialNumber) => {
    sorted ??= sortEntries(bytes, entries.starts);
    const serial = Buffer.from(serialNumber, 'hex');
    const start = sorted[positionOf({ bytes, starts: sorted, count }, serial)];
    if (start === undefined || compareSerial(bytes, start, serial) !== 0) return undefined;
    return entryAt(bytes, start);
  };
};

const mayIssue = (issuer: Certificate, crl: Pick<Crl, 'issuer' | 'authorityKeyId'>): boolean => {
  const { keyUsage, subjectKeyId } = issuer.extensions;
  if (!equal(issuer.subject, crl.issuer) || keyUsage?.crlSign === false) return false;
  const wanted = crl.authorityKeyId;
  return wanted === undefined || subjectKeyId === undefined || equal(wanted, subjectKeyId);
};

const isSigned = (signed: Signed, issuer: Certificate): boolean => {
  const key = importPublicKey(issuer.publicKey);
  return !isRefusal(key) && verifySignature(signed.algorithm, key, signed.bytes);
};

const createSignatureCheck = (
  crl: Pick<Crl, 'issuer' | 'authorityKeyId'>,
  signed: Signed,
): Crl['isSignedBy'] => {
  const remembered: { readonly spki: Uint8Array; readonly verdict: boolean }[] = [];
  return (issuer) => {
    if (!mayIssue(issuer, crl)) return false;
    const { spki } = issuer.publicKey;
    const known = remembered.find((one) => equal(one.spki, spki));
    if (known !== undefined) return known.verdict;
    const verdict = isSigned(signed, issuer);
    if (remembered.length === maxRemembered) remembered.shift();
    remembered.push({ spki: Uint8Array.from(spki), verdict });
    return verdict;
  };
};

const readCrl = (reader: DerReader, raw: Uint8Array): Crl => {
  const outer = reader.sequence();
  const tbs = outer.expect(derTags.sequence);
  const { fields, innerAlgorithm, entries, unknownCritical } = readTbs(insideOf(tbs));
  const algorithm = readSignatureAlgorithm(outer);
  if (!equal(algorithm.raw, innerAlgorithm.raw))
    outer.fail('inner and outer signature algorithm differ');
  const signature = outer.bitString();
  if (signature.unusedBits !== 0) outer.fail('signature is not whole octets');
  outer.expectEnd();
  const bytes = { data: tbs.raw, signature: signature.bytes };
  return {
    raw,
    ...fields,
    unknownCritical,
    size: entries.starts.length,
    find: createFinder(entries),
    isSignedBy: createSignatureCheck(fields, { algorithm, bytes }),
  };
};

/**
 * Parses one DER list of at most 16 MiB; version 1 and delta semantics inside entries are refused.
 * Keeps a reference to `der`, which must not change afterwards. Total: a list or a refusal.
 */
export const parseCrl = (der: Uint8Array): Crl | Refusal =>
  asMalformed(
    parseDer(der, (reader) => readCrl(reader, der), {
      what: 'revocation list',
      maxBytes: maxCrlBytes,
      maxDepth: 16,
    }),
  );

/** `parseCrl` for one strict PEM block (`X509 CRL`) of at most 1 MiB of text. */
export const parseCrlPem = (text: string): Crl | Refusal => {
  const der = decodeOnePem(text, 'X509 CRL');
  return isRefusal(der) ? der : parseCrl(der);
};
