/** X-Request-ID: the client's own when it is harmless, a new UUIDv7 otherwise. */
import type { IncomingMessage } from 'node:http';

const maxLength = 128;
const allowed = new Set('abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.:');

/** The id of a request; ids of clients are limited to 128 letters, digits and `- _ . :`. */
export const requestIdOf = (message: IncomingMessage, newId: () => string): string => {
  const given = message.headers['x-request-id'];
  return typeof given === 'string' && isHarmless(given) ? given : newId();
};

const isHarmless = (text: string): boolean => {
  if (text.length === 0 || text.length > maxLength) return false;
  for (const character of text) if (!allowed.has(character)) return false;
  return true;
};
