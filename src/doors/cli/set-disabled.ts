/** What `principal disable` and `principal enable` share. */
import { refField } from './answer.ts';
import type { Invocation } from './command.ts';
import { connect } from './connect.ts';

/** Sets whether a principal is disabled and prints it. */
export const setDisabled = async (invocation: Invocation, disabled: boolean): Promise<void> => {
  const [id = ''] = invocation.arguments;
  const client = await connect(invocation);
  const path = `/api/v1/principals/${encodeURIComponent(id)}/disabled`;
  const answer = await client.call('PUT', path, { disabled });
  invocation.terminal.say(disabled ? 'disabled' : 'enabled');
  invocation.terminal.show(answer, () => refField({ ref: answer }, 'ref'));
};
