/** `sallyport limit remove`. */
import type { Invocation } from '../command.ts';
import { connect } from '../connect.ts';
import { limitKeyOf, limitRow } from '../limit-input.ts';
import { formatTable } from '../table.ts';

/** Removes a limit. */
export const run = async (invocation: Invocation): Promise<void> => {
  const { options, terminal } = invocation;
  const client = await connect(invocation);
  const answer = await client.call('DELETE', '/api/v1/limits', limitKeyOf(options));
  terminal.say('removed');
  terminal.show(answer, () => formatTable([limitRow(answer)]));
};
