/** GeneralName (RFC 5280 section 4.2.1.6): the forms we understand, and the others kept as bytes. */
import {
  contextPrimitiveTag,
  contextTag,
  type DerReader,
  derTags,
} from '../../kernel/der-reader.ts';

export type GeneralName =
  | { readonly kind: 'uri' | 'dns' | 'email'; readonly value: string }
  /** An address in a name; address and mask in a constraint. */
  | { readonly kind: 'ip'; readonly bytes: Uint8Array }
  /** A Name without its tag, or the whole of a form we do not know. */
  | { readonly kind: 'directory' | 'other'; readonly raw: Uint8Array };

const emailTag = contextPrimitiveTag(1);
const dnsTag = contextPrimitiveTag(2);
const directoryTag = contextTag(4);
const uriTag = contextPrimitiveTag(6);
const ipTag = contextPrimitiveTag(7);
const otherTags: readonly number[] = [
  contextTag(0),
  contextTag(3),
  contextTag(5),
  contextPrimitiveTag(8),
];

const readText = (reader: DerReader, tag: number): string => reader.textAs(derTags.ia5String, tag);

/** Name is a CHOICE, so its tag is EXPLICIT. */
const readDirectory = (reader: DerReader): GeneralName => {
  const { raw } = reader.expect(derTags.sequence);
  reader.expectEnd();
  return { kind: 'directory', raw };
};

/** Reads one GeneralName where the reader stands. */
export const readGeneralName = (reader: DerReader): GeneralName => {
  const tag = reader.peekTag() ?? reader.fail('name expected');
  if (tag === uriTag) return { kind: 'uri', value: readText(reader, tag) };
  if (tag === dnsTag) return { kind: 'dns', value: readText(reader, tag) };
  if (tag === emailTag) return { kind: 'email', value: readText(reader, tag) };
  if (tag === ipTag) return { kind: 'ip', bytes: reader.octetString(tag) };
  if (tag === directoryTag) return readDirectory(reader.enter(tag));
  if (otherTags.includes(tag)) return { kind: 'other', raw: reader.element().raw };
  return reader.fail('unknown form of name');
};
