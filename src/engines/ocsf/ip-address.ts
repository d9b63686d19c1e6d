/** Tells IP addresses from other text: linear, bounded, no network involved. */

const maxLength = 64;

const isDecimalByte = (text: string): boolean =>
  text.length > 0 &&
  text.length <= 3 &&
  /^\d+$/.test(text) &&
  Number(text) <= 255 &&
  (text.length === 1 || text[0] !== '0');

const isVersion4 = (text: string): boolean => {
  const parts = text.split('.');
  return parts.length === 4 && parts.every(isDecimalByte);
};

/** Number of 16-bit groups in one side of a `::`, or -1 when a group is wrong. */
const countGroups = (side: string, mayEndInVersion4: boolean): number => {
  if (side === '') return 0;
  const groups = side.split(':');
  const last = groups.at(-1) ?? '';
  const endsInVersion4 = mayEndInVersion4 && isVersion4(last);
  const plain = endsInVersion4 ? groups.slice(0, -1) : groups;
  if (!plain.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return -1;
  return plain.length + (endsInVersion4 ? 2 : 0);
};

const isVersion6 = (text: string): boolean => {
  const zone = text.indexOf('%');
  const address = zone < 0 ? text : text.slice(0, zone);
  if (zone >= 0 && !/^[0-9a-z.:-]+$/i.test(text.slice(zone + 1))) return false;
  const gap = address.indexOf('::');
  if (gap < 0) return countGroups(address, true) === 8;
  const before = countGroups(address.slice(0, gap), false);
  const after = countGroups(address.slice(gap + 2), true);
  return before >= 0 && after >= 0 && before + after <= 7;
};

/** 4 or 6 for an IP address (a zone is allowed on version 6), 0 for anything else. */
export const ipVersion = (text: string): 0 | 4 | 6 => {
  if (text.length === 0 || text.length > maxLength) return 0;
  if (isVersion4(text)) return 4;
  return text.includes(':') && isVersion6(text) ? 6 : 0;
};
