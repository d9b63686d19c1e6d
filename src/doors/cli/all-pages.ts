/** Reads a list that comes in pages, to its end. */
import type { JsonObject } from '../../kernel/json-value.ts';
import { listField, optionalField } from './answer.ts';
import type { Client } from './client.ts';

export type PagedList = {
  readonly path: string;
  /** `name=value`, encoded. */
  readonly query?: readonly string[];
  /** Field of the answer that holds the items. */
  readonly list: string;
};

export const allPages = async (
  client: Client,
  { path, query = [], list }: PagedList,
): Promise<readonly JsonObject[]> => {
  const all: JsonObject[] = [];
  let after: string | undefined;
  do {
    const from = after === undefined ? [] : [`after=${encodeURIComponent(after)}`];
    const parameters = [...query, ...from].join('&');
    const page = await client.call('GET', parameters === '' ? path : `${path}?${parameters}`);
    all.push(...listField(page, list));
    after = optionalField(page, 'next', 'string');
  } while (after !== undefined);
  return all;
};
