/** What is said about a key that the schema does not know. */
import type { ConfigField } from './fields.ts';
import { suggest } from './suggest.ts';

/** "unknown key", with the nearest known one. */
export const unknownKey = (key: string, fields: readonly ConfigField[]): string => {
  const near = suggest(
    key,
    fields.map((field) => field.key),
  );
  return near === undefined ? 'unknown key' : `unknown key; did you mean ${near}?`;
};
