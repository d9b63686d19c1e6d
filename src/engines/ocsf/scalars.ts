/**
 * Checks of OCSF scalar values. Every pattern is linear and its input is bounded first; the
 * values may come from strangers.
 */
import { ipVersion } from './ip-address.ts';
import { typeCodes } from './schema-format.ts';

const maxPatternLength = 4096;

const matches = (value: unknown, pattern: RegExp, limit: number): boolean =>
  typeof value === 'string' && value.length <= limit && pattern.test(value);

const email = /^[^\s@]+@[A-Za-z0-9-]+\.[A-Za-z0-9.-]+$/;
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const mac = /^(?:[0-9a-f]{2}[:-]){5}[0-9a-f]{2}$/i;
const datetime = /^\d{4}-\d{2}-\d{2}t\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:z|[+-]\d{2}:\d{2})?$/i;
const bytestring = /^[A-Za-z0-9+/_-]*={0,2}$/;

const isSubnet = (value: unknown): boolean => {
  if (typeof value !== 'string' || value.length > 42) return false;
  const slash = value.lastIndexOf('/');
  const family = ipVersion(value.slice(0, slash));
  const bits = value.slice(slash + 1);
  return (
    slash > 0 && family > 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128)
  );
};

/** What a scalar of each type should have been, for the message. */
export const scalarNames: Readonly<Record<number, string>> = {
  [typeCodes.string]: 'text',
  [typeCodes.boolean]: 'true or false',
  [typeCodes.integer]: 'a whole number within ±2^53',
  [typeCodes.float]: 'a finite number',
  [typeCodes.port]: 'a port number from 0 to 65535',
  [typeCodes.ip]: 'an IP address',
  [typeCodes.email]: 'an e-mail address',
  [typeCodes.uuid]: 'a UUID',
  [typeCodes.mac]: 'a MAC address',
  [typeCodes.datetime]: 'an RFC 3339 time',
  [typeCodes.bytestring]: 'base64 text',
  [typeCodes.subnet]: 'a subnet in CIDR form',
};

/** The rarer types; the common ones are checked in place by the interpreter. */
export const isRareScalar = (type: number, value: unknown): boolean => {
  switch (type) {
    case typeCodes.float:
      return typeof value === 'number' && Number.isFinite(value);
    case typeCodes.port:
      return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 65_535;
    case typeCodes.ip:
      return typeof value === 'string' && ipVersion(value) > 0;
    case typeCodes.email:
      return matches(value, email, 320);
    case typeCodes.uuid:
      return matches(value, uuid, 36);
    case typeCodes.mac:
      return matches(value, mac, 17);
    case typeCodes.datetime:
      return matches(value, datetime, 40);
    case typeCodes.bytestring:
      return matches(value, bytestring, maxPatternLength * 16);
    case typeCodes.subnet:
      return isSubnet(value);
    default:
      return false;
  }
};

const maxJsonDepth = 32;

/** True for values that survive JSON unchanged: no functions, bigints, NaN, cycles or holes. */
export const isJsonValue = (value: unknown, depth = 0): boolean => {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true;
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value !== 'object' || depth >= maxJsonDepth) return false;
  if (Array.isArray(value)) return value.every((item) => isJsonValue(item, depth + 1));
  if ('toJSON' in value || ArrayBuffer.isView(value)) return false;
  for (const member of Object.values(value))
    if (member !== undefined && !isJsonValue(member, depth + 1)) return false;
  return true;
};
