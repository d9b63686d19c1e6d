/**
 * Names of directories taken apart for name constraints (RFC 5280 sections 4.2.1.10 and 7.1): texts
 * are compared without regard to case, string type and repeated spaces.
 */
import { type DerReader, parseDer } from '../../kernel/der-reader.ts';
import { isRefusal } from '../../kernel/errors.ts';
import { oids } from './oids.ts';

/** Relative names from the outermost inwards, each in a form that compares as text. */
export type DirectoryName = {
  readonly relatives: readonly string[];
  /** Mail addresses that stand in the name (RFC 5280 section 4.1.2.6). */
  readonly emails: readonly string[];
};

const stringTags: ReadonlySet<number> = new Set([0x0c, 0x12, 0x13, 0x14, 0x16, 0x1a, 0x1e]);

const fold = (text: string): string =>
  text.normalize('NFKC').toLowerCase().trim().replaceAll(/\s+/gu, ' ');

const readValue = (attribute: DerReader): { readonly text: string; readonly form: string } => {
  const tag = attribute.peekTag() ?? attribute.fail('value expected');
  if (stringTags.has(tag)) {
    const text = attribute.text();
    return { text, form: JSON.stringify(fold(text)) };
  }
  return { text: '', form: Buffer.from(attribute.element().raw).toString('hex') };
};

const readName = (reader: DerReader): DirectoryName => {
  const relatives: string[] = [];
  const emails: string[] = [];
  const name = reader.sequence();
  while (!name.isAtEnd) {
    const relative = name.set();
    const parts: string[] = [];
    while (!relative.isAtEnd) {
      const attribute = relative.sequence();
      const oid = attribute.oid();
      const { text, form } = readValue(attribute);
      if (oid === oids.emailAddress) emails.push(text);
      parts.push(`${oid}=${form}`);
    }
    relatives.push(parts.sort().join('+'));
  }
  return { relatives, emails };
};

/** Takes a Name apart; undefined for one with texts that break the rules of their type. */
export const readDirectoryName = (der: Uint8Array): DirectoryName | undefined => {
  const name = parseDer(der, readName, { what: 'name', maxDepth: 8 });
  return isRefusal(name) ? undefined : name;
};

/** True when `name` is `base` or lies below it. */
export const isBelow = (name: DirectoryName, base: DirectoryName): boolean =>
  base.relatives.every((relative, depth) => relative === name.relatives[depth]);
