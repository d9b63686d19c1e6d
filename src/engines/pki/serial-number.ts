/** Serial numbers: 16 random bytes of which 126 bits are free, positive and always equally long. */

export const serialBytes = 16;

/** Turns 16 random bytes into a serial number (RFC 5280 section 4.1.2.2). Changes a copy. */
export const toSerial = (random: Uint8Array): Uint8Array => {
  if (random.length !== serialBytes) throw new RangeError('a serial number takes 16 bytes');
  const serial = new Uint8Array(random);
  // Sign bit clear, next bit set: positive, and never shorter.
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40;
  return serial;
};
