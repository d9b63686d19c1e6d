/**
 * What must never reach a log line: secrets and payloads. Fields are cut by their name, token-like
 * words are cut out of any text, and every value is bounded in depth, width and length.
 */
import { Secret } from '../../kernel/secret.ts';

const maxTextLength = 2000;
const maxDepth = 4;
const maxEntries = 40;
const maxCauses = 4;
const secretMark = '[secret]';
const payloadMark = '[payload]';

const secretNames = new Set(
  (
    'authorization proxyauthorization cookie setcookie password passphrase secret token accesstoken ' +
    'refreshtoken idtoken apikey xapikey privatekey clientsecret credential credentials enrolmentcode'
  ).split(' '),
);
const payloadNames = new Set(
  'body payload prompt prompts messages input inputs output outputs completion completions'.split(
    ' ',
  ),
);

/** Copies log fields into plain, bounded, redacted values. Never throws, getters included. */
export const redactFields = (fields: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  copyRecord(fields, 0);

/** Cuts bearer values, Sallyport tokens and JWT-like words out of a text and bounds its length. */
export const redactText = (text: string): string => {
  const bounded = text.length > maxTextLength ? `${text.slice(0, maxTextLength)}…` : text;
  if (!mayHoldToken(bounded)) return bounded;
  return bounded
    .split(' ')
    .map((word) => (isTokenLike(word) ? secretMark : word))
    .join(' ');
};

const mayHoldToken = (text: string): boolean =>
  text.includes('spt_') || text.includes('eyJ') || text.includes('://');

const isTokenLike = (word: string): boolean =>
  word.includes('spt_') || (word.includes('eyJ') && word.includes('.')) || hasUserInfo(word);

const hasUserInfo = (word: string): boolean => {
  const start = word.indexOf('://');
  if (start < 0) return false;
  const at = word.indexOf('@', start);
  const slash = word.indexOf('/', start + 3);
  return at >= 0 && (slash < 0 || at < slash);
};

const copyRecord = (record: object, depth: number): Record<string, unknown> => {
  const copy: Record<string, unknown> = {};
  for (const key of Object.keys(record).slice(0, maxEntries)) copy[key] = field(record, key, depth);
  return copy;
};

const field = (record: object, key: string, depth: number): unknown => {
  const name = key.toLowerCase().replaceAll('-', '').replaceAll('_', '');
  if (secretNames.has(name)) return secretMark;
  if (payloadNames.has(name)) return payloadMark;
  try {
    return copyValue((record as Record<string, unknown>)[key], depth + 1);
  } catch {
    return '[unreadable]';
  }
};

const copyValue = (value: unknown, depth: number): unknown => {
  if (typeof value === 'string') return redactText(value);
  if (typeof value === 'bigint') return value.toString();
  if (typeof value === 'function' || typeof value === 'symbol') return `[${typeof value}]`;
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Secret) return secretMark;
  if (value instanceof Error) return copyError(value, 0);
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (value instanceof Date) return value.toJSON();
  if (depth >= maxDepth) return '[deep]';
  if (Array.isArray(value))
    return value.slice(0, maxEntries).map((item) => copyValue(item, depth + 1));
  return copyRecord(value, depth);
};

const copyError = (error: Error, nested: number): Record<string, unknown> => {
  const { code } = error as { code?: unknown };
  const { cause } = error;
  return {
    name: error.name,
    ...(typeof code === 'string' ? { code } : {}),
    message: redactText(error.message),
    ...(nested === 0 ? { stack: redactText(error.stack ?? '') } : {}),
    ...(cause instanceof Error && nested < maxCauses
      ? { cause: copyError(cause, nested + 1) }
      : {}),
  };
};
