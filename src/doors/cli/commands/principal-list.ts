/** `sallyport principal list`: every page of them. */
import type { JsonObject } from '../../../kernel/json-value.ts';
import { field, listField, optionalField } from '../answer.ts';
import type { Client } from '../client.ts';
import type { Invocation } from '../command.ts';
import { connect } from '../connect.ts';
import { formatTable, formatTime } from '../table.ts';

/** Prints all principals. */
export const run = async (invocation: Invocation): Promise<void> => {
  const principals = await allPages(await connect(invocation));
  invocation.terminal.show({ principals }, () =>
    formatTable(
      principals.map((principal) => ({
        id: field(principal, 'id', 'string'),
        type: field(principal, 'type', 'string'),
        name: field(principal, 'name', 'string'),
        spiffeId: optionalField(principal, 'spiffeId', 'string'),
        disabled: field(principal, 'disabled', 'boolean'),
        createdAt: formatTime(field(principal, 'createdAtMs', 'number')),
      })),
    ),
  );
};

const allPages = async (client: Client): Promise<readonly JsonObject[]> => {
  const all: JsonObject[] = [];
  let after: string | undefined;
  do {
    const query = after === undefined ? '' : `?after=${encodeURIComponent(after)}`;
    const page = await client.call('GET', `/api/v1/principals${query}`);
    all.push(...listField(page, 'principals'));
    after = optionalField(page, 'next', 'string');
  } while (after !== undefined);
  return all;
};
