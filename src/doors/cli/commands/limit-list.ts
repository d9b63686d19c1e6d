/** `sallyport limit list`. */
import { listField } from '../answer.ts';
import type { Invocation } from '../command.ts';
import { connect } from '../connect.ts';
import { limitRow } from '../limit-input.ts';
import { formatTable } from '../table.ts';

/** Prints all limits of the tenant. */
export const run = async (invocation: Invocation): Promise<void> => {
  const client = await connect(invocation);
  const limits = listField(await client.call('GET', '/api/v1/limits'), 'limits');
  invocation.terminal.show({ limits }, () => formatTable(limits.map(limitRow)));
};
