/** `sallyport token list`. */
import { field, listField, optionalField } from '../answer.ts';
import type { Invocation } from '../command.ts';
import { connect } from '../connect.ts';
import { formatTable, formatTime } from '../table.ts';

/** Prints the tokens of a principal; never the tokens themselves. */
export const run = async (invocation: Invocation): Promise<void> => {
  const principal = encodeURIComponent(invocation.options.required('principal'));
  const client = await connect(invocation);
  const answer = await client.call('GET', `/api/v1/tokens?principal=${principal}`);
  const tokens = listField(answer, 'tokens');
  invocation.terminal.show({ tokens }, () =>
    formatTable(
      tokens.map((token) => ({
        id: field(token, 'id', 'string'),
        name: field(token, 'name', 'string'),
        createdAt: formatTime(field(token, 'createdAtMs', 'number')),
        expiresAt: formatTime(field(token, 'expiresAtMs', 'number')),
        lastUsedAt: formatTime(optionalField(token, 'lastUsedAtMs', 'number')),
        revokedAt: formatTime(optionalField(token, 'revokedAtMs', 'number')),
      })),
    ),
  );
};
