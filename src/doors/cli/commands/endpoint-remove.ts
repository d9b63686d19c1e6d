/** `sallyport endpoint remove`. */
import { field } from '../answer.ts';
import type { Invocation } from '../command.ts';
import { connect } from '../connect.ts';

/** Removes one endpoint. */
export const run = async (invocation: Invocation): Promise<void> => {
  const [name = ''] = invocation.arguments;
  const client = await connect(invocation);
  const answer = await client.call('DELETE', `/api/v1/endpoints/${encodeURIComponent(name)}`);
  invocation.terminal.say('removed');
  invocation.terminal.show(answer, () => field(answer, 'name', 'string'));
};
