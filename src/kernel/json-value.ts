/** What JSON can say (RFC 8259), as TypeScript sees it. */

export type JsonObject = { readonly [key: string]: JsonValue };
export type JsonArray = readonly JsonValue[];
export type JsonValue = null | boolean | number | string | JsonArray | JsonObject;

/** True for JSON objects: not null, not an array. */
export const isJsonObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
