/** `sallyport principal create`. */
import { refField } from '../answer.ts';
import type { Invocation } from '../command.ts';
import { connect } from '../connect.ts';

/** Creates a principal and prints its reference. */
export const run = async (invocation: Invocation): Promise<void> => {
  const { options, terminal } = invocation;
  const [id = ''] = invocation.arguments;
  const client = await connect(invocation);
  const spiffeId = options.text('spiffeId');
  const answer = await client.call('POST', '/api/v1/principals', {
    type: options.required('type'),
    id,
    name: options.text('name') ?? id,
    roles: options.list('role'),
    teams: options.list('team'),
    ...(spiffeId === undefined ? {} : { spiffeId }),
  });
  terminal.say('created');
  terminal.show(answer, () => refField({ ref: answer }, 'ref'));
};
