/** `sallyport limit set`. */
import type { Invocation } from '../command.ts';
import { connect } from '../connect.ts';
import { limitKeyOf, limitRow } from '../limit-input.ts';
import { formatTable } from '../table.ts';

const maxAmount = 1e15;

/** Puts a limit in force. */
export const run = async (invocation: Invocation): Promise<void> => {
  const { options, terminal } = invocation;
  const amount = options.integer('amount', { min: 0, max: maxAmount });
  const body = { ...limitKeyOf(options), amount };
  const client = await connect(invocation);
  const answer = await client.call('PUT', '/api/v1/limits', body);
  terminal.say('in force');
  terminal.show(answer, () => formatTable([limitRow(answer)]));
};
