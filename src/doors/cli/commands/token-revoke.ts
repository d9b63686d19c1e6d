/** `sallyport token revoke`. */
import { field } from '../answer.ts';
import type { Invocation } from '../command.ts';
import { connect } from '../connect.ts';

/** Revokes a token by its id. Revoking twice is the same as once. */
export const run = async (invocation: Invocation): Promise<void> => {
  const [id = ''] = invocation.arguments;
  const client = await connect(invocation);
  const answer = await client.call('DELETE', `/api/v1/tokens/${encodeURIComponent(id)}`);
  invocation.terminal.say('revoked');
  invocation.terminal.show(answer, () => field(answer, 'id', 'string'));
};
