/** `sallyport join-token create`: the token goes to standard output. */
import { field } from '../answer.ts';
import type { Invocation } from '../command.ts';
import { connect } from '../connect.ts';
import { formatTime } from '../table.ts';

/** Creates a one-time token for the first SVID of a workload. */
export const run = async (invocation: Invocation): Promise<void> => {
  const { options, terminal } = invocation;
  const ttlSeconds = options.seconds('ttl');
  const client = await connect(invocation);
  const answer = await client.call('POST', '/api/v1/join-tokens', {
    spiffeId: options.required('spiffeId'),
    ...(ttlSeconds === undefined ? {} : { ttlSeconds }),
  });
  terminal.say(`works once, until ${formatTime(field(answer, 'expiresAtMs', 'number'))}`);
  terminal.show(answer, () => field(answer, 'token', 'string'));
};
