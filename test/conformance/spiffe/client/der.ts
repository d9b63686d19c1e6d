/** Just enough DER to look at a certificate independently: elements, extensions, key usage bits. */

export type Element = {
  readonly tag: number;
  readonly content: Buffer;
  /** Tag, length and content. */
  readonly raw: Buffer;
};

/** Reads the element at `at`. Throws Error on malformed bytes. */
const elementAt = (bytes: Buffer, at: number): Element => {
  const tag = bytes[at];
  const first = bytes[at + 1];
  if (tag === undefined || first === undefined) throw new Error(`element ends early at ${at}`);
  const more = first < 0x80 ? 0 : first & 0x7f;
  if (more > 4 || first === 0x80) throw new Error(`bad length at ${at}`);
  const length = more === 0 ? first : bytes.readUIntBE(at + 2, more);
  const start = at + 2 + more;
  if (start + length > bytes.length) throw new Error(`element ends early at ${at}`);
  return {
    tag,
    content: bytes.subarray(start, start + length),
    raw: bytes.subarray(at, start + length),
  };
};

/** All elements one after the other. */
export const elementsIn = (bytes: Buffer): readonly Element[] => {
  const found: Element[] = [];
  for (let at = 0; at < bytes.length; ) {
    const element = elementAt(bytes, at);
    found.push(element);
    at += element.raw.length;
  }
  return found;
};

export type CertificateView = {
  readonly raw: Buffer;
  readonly isSubjectEmpty: boolean;
  /** By dotted OID in hex of its content bytes. */
  readonly extensions: ReadonlyMap<
    string,
    { readonly isCritical: boolean; readonly value: Buffer }
  >;
};

export const oidHex = {
  keyUsage: '551d0f',
  altName: '551d11',
  basicConstraints: '551d13',
  extendedKeyUsage: '551d25',
} as const;

const readExtension = (extension: Element) => {
  const [oid, ...rest] = elementsIn(extension.content);
  const flag = rest.length === 2 ? rest[0] : undefined;
  const value = rest.at(-1);
  if (oid === undefined || value === undefined) throw new Error('empty extension');
  const isCritical = flag?.tag === 1 && flag.content[0] === 0xff;
  return [oid.content.toString('hex'), { isCritical, value: value.content }] as const;
};

export const viewCertificate = (raw: Buffer): CertificateView => {
  const [outer] = elementsIn(raw);
  const [tbs] = elementsIn(outer?.content ?? Buffer.alloc(0));
  const fields = elementsIn(tbs?.content ?? Buffer.alloc(0));
  // version, serial, algorithm, issuer, validity, subject
  const subject = fields[fields[0]?.tag === 0xa0 ? 5 : 4];
  const wrapper = fields.find(({ tag }) => tag === 0xa3);
  const [list] = elementsIn(wrapper?.content ?? Buffer.alloc(0));
  return {
    raw,
    isSubjectEmpty: subject?.content.length === 0,
    extensions: new Map(elementsIn(list?.content ?? Buffer.alloc(0)).map(readExtension)),
  };
};

/** URI names of the subjectAltName. */
export const urisOf = ({ extensions }: CertificateView): readonly string[] => {
  const value = extensions.get(oidHex.altName)?.value;
  if (value === undefined) return [];
  const [names] = elementsIn(value);
  return elementsIn(names?.content ?? Buffer.alloc(0))
    .filter(({ tag }) => tag === 0x86)
    .map(({ content }) => content.toString('latin1'));
};

/** Bits of keyUsage: 0 digitalSignature, 5 keyCertSign, 6 cRLSign; undefined without the extension. */
export const keyUsageOf = ({ extensions }: CertificateView): ReadonlySet<number> | undefined => {
  const value = extensions.get(oidHex.keyUsage)?.value;
  if (value === undefined) return undefined;
  const bits = elementsIn(value)[0]?.content.subarray(1) ?? Buffer.alloc(0);
  const set = new Set<number>();
  for (let bit = 0; bit < bits.length * 8; bit++)
    if (((bits[bit >> 3] ?? 0) & (0x80 >> (bit & 7))) !== 0) set.add(bit);
  return set;
};

export const isAuthority = ({ extensions }: CertificateView): boolean => {
  const value = extensions.get(oidHex.basicConstraints)?.value;
  const flag = value === undefined ? undefined : elementsIn(elementsIn(value)[0]?.content ?? value);
  return flag?.[0]?.tag === 1 && flag[0].content[0] === 0xff;
};

/** Concatenated DER certificates. */
export const splitDer = (bytes: Buffer): readonly CertificateView[] =>
  elementsIn(bytes).map(({ raw }) => viewCertificate(Buffer.from(raw)));
