/**
 * Tags of DER (X.690). A tag here is the number its identifier octets spell in big-endian order:
 * 0x30 for SEQUENCE, 0xa0 for [0] constructed, 0xbf853e for [702] constructed.
 */

export const derTags = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  enumerated: 0x0a,
  utf8String: 0x0c,
  numericString: 0x12,
  printableString: 0x13,
  teletexString: 0x14,
  ia5String: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  visibleString: 0x1a,
  bmpString: 0x1e,
  sequence: 0x30,
  set: 0x31,
} as const;

const tagOfNumber = (leading: number, number: number): number => {
  if (number < 31) return leading + number;
  const low = number % 128;
  if (number < 128) return (leading + 31) * 0x100 + low;
  return (leading + 31) * 0x10000 + (0x80 + Math.floor(number / 128)) * 0x100 + low;
};

/** The tag of `[number]` with constructed contents (EXPLICIT, or IMPLICIT over a constructed type). */
export const contextTag = (number: number): number => tagOfNumber(0xa0, number);

/** The tag of `[number]` with primitive contents (IMPLICIT over a primitive type). */
export const contextPrimitiveTag = (number: number): number => tagOfNumber(0x80, number);
