/**
 * Certificate extensions (RFC 5280 section 4.2): those that matter for trusting are decoded, all
 * are kept as bytes. A duplicate, or a known one that does not decode, spoils the certificate.
 */
import {
  contextPrimitiveTag,
  contextTag,
  type DerReader,
  derTags,
} from '../../kernel/der-reader.ts';
import { type GeneralName, readGeneralName } from './general-name.ts';
import { insideOf } from './der-inside.ts';
import { oids } from './oids.ts';

export type Extension = { readonly critical: boolean; readonly value: Uint8Array };

export type BasicConstraints = {
  readonly critical: boolean;
  readonly isCa: boolean;
  readonly pathLength?: number;
};
export type KeyUsage = {
  readonly critical: boolean;
  readonly digitalSignature: boolean;
  readonly keyCertSign: boolean;
  readonly crlSign: boolean;
};
export type NameConstraints = {
  readonly permitted: readonly GeneralName[];
  readonly excluded: readonly GeneralName[];
};

export type Extensions = {
  /** Every extension by OID, for callers that know more than we do. */
  readonly all: ReadonlyMap<string, Extension>;
  /** Critical ones this engine does not process; whoever trusts the certificate must. */
  readonly unknownCritical: readonly string[];
  readonly basicConstraints?: BasicConstraints;
  readonly keyUsage?: KeyUsage;
  readonly extendedKeyUsage?: readonly string[];
  readonly subjectAltNames?: readonly GeneralName[];
  readonly isSubjectAltNameCritical?: boolean;
  readonly authorityKeyId?: Uint8Array;
  readonly subjectKeyId?: Uint8Array;
  readonly nameConstraints?: NameConstraints;
};

const maxExtensions = 64;
const maxNames = 256;
const maxPurposes = 64;
const maxKeyIdBytes = 64;

type Draft = { -readonly [K in keyof Extensions]: Extensions[K] };
type Decoder = (value: DerReader, draft: Draft, critical: boolean) => void;

const readBasicConstraints: Decoder = (value, draft, critical) => {
  const body = value.sequence();
  const isCa = body.peekTag() === derTags.boolean ? body.boolean() : false;
  const pathLength = body.isAtEnd ? undefined : body.smallInteger();
  body.expectEnd();
  if (pathLength !== undefined && (!isCa || pathLength < 0)) value.fail('bad path length');
  draft.basicConstraints = {
    critical,
    isCa,
    ...(pathLength === undefined ? {} : { pathLength }),
  };
};

const readKeyUsage: Decoder = (value, draft, critical) => {
  const { bytes } = value.bitString();
  const isSet = (bit: number): boolean => ((bytes[bit >> 3] ?? 0) & (0x80 >> (bit & 7))) !== 0;
  draft.keyUsage = {
    critical,
    digitalSignature: isSet(0),
    keyCertSign: isSet(5),
    crlSign: isSet(6),
  };
};

const readExtendedKeyUsage: Decoder = (value, draft) => {
  const body = value.sequence();
  const purposes: string[] = [];
  do {
    purposes.push(body.oid());
    if (purposes.length > maxPurposes) value.fail('too many key purposes');
  } while (!body.isAtEnd);
  draft.extendedKeyUsage = purposes;
};

const readSubjectAltName: Decoder = (value, draft, critical) => {
  const body = value.sequence();
  const names: GeneralName[] = [];
  do {
    names.push(readGeneralName(body));
    if (names.length > maxNames) value.fail('too many names');
  } while (!body.isAtEnd);
  draft.subjectAltNames = names;
  draft.isSubjectAltNameCritical = critical;
};

const checkKeyId = (id: Uint8Array, reader: DerReader): Uint8Array =>
  id.length > 0 && id.length <= maxKeyIdBytes ? id : reader.fail('bad length of key identifier');

const readAuthorityKeyId: Decoder = (value, draft) => {
  const body = value.sequence();
  const id = body.optional(contextPrimitiveTag(0));
  if (id !== undefined) draft.authorityKeyId = checkKeyId(id.contents, value);
  body.optional(contextTag(1));
  body.optional(contextPrimitiveTag(2));
  body.expectEnd();
};

const readSubjectKeyId: Decoder = (value, draft) => {
  draft.subjectKeyId = checkKeyId(value.octetString(), value);
};

const readSubtrees = (reader: DerReader | undefined): readonly GeneralName[] => {
  const names: GeneralName[] = [];
  while (reader !== undefined && !reader.isAtEnd) {
    const subtree = reader.sequence();
    names.push(readGeneralName(subtree));
    // RFC 5280: minimum is zero (hence absent in DER) and maximum absent.
    subtree.expectEnd();
    if (names.length > maxNames) reader.fail('too many name constraints');
  }
  return names;
};

const readNameConstraints: Decoder = (value, draft) => {
  const body = value.sequence();
  const permitted = readSubtrees(body.optionalEnter(contextTag(0)));
  const excluded = readSubtrees(body.optionalEnter(contextTag(1)));
  body.expectEnd();
  if (permitted.length + excluded.length === 0) value.fail('empty name constraints');
  draft.nameConstraints = { permitted, excluded };
};

const decoders: ReadonlyMap<string, Decoder> = new Map([
  [oids.basicConstraints, readBasicConstraints],
  [oids.keyUsage, readKeyUsage],
  [oids.extendedKeyUsage, readExtendedKeyUsage],
  [oids.subjectAltName, readSubjectAltName],
  [oids.authorityKeyIdentifier, readAuthorityKeyId],
  [oids.subjectKeyIdentifier, readSubjectKeyId],
  [oids.nameConstraints, readNameConstraints],
]);

/** Reads `Extensions` from inside its `[3] EXPLICIT`. */
export const readExtensions = (reader: DerReader): Extensions => {
  const list = reader.sequence();
  const all = new Map<string, Extension>();
  const unknownCritical: string[] = [];
  const draft: Draft = { all, unknownCritical };
  do {
    const item = list.sequence();
    const oid = item.oid();
    const critical = item.peekTag() === derTags.boolean ? item.boolean() : false;
    const wrapped = item.expect(derTags.octetString);
    item.expectEnd();
    if (all.has(oid)) list.fail(`extension ${oid} appears twice`);
    if (all.size === maxExtensions) list.fail('too many extensions');
    all.set(oid, { critical, value: wrapped.contents });
    const decode = decoders.get(oid);
    if (decode === undefined) {
      if (critical) unknownCritical.push(oid);
      continue;
    }
    const value = insideOf(wrapped);
    decode(value, draft, critical);
    value.expectEnd();
  } while (!list.isAtEnd);
  return draft;
};
