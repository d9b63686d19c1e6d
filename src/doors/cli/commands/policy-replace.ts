/** `sallyport policy replace`: puts a policy set in force on a server. */
import { field } from '../answer.ts';
import type { Invocation } from '../command.ts';
import { connect } from '../connect.ts';
import { readPolicies } from '../policy-input.ts';

/** Replaces the whole set; the server refuses one that does not validate. */
export const run = async (invocation: Invocation): Promise<void> => {
  const files = await readPolicies(invocation);
  const client = await connect(invocation);
  const current = await client.call('GET', '/api/v1/policies');
  const expectedVersion = field(current, 'version', 'number');
  const answer = await client.call('PUT', '/api/v1/policies', { files, expectedVersion });
  invocation.terminal.say(`version ${field(answer, 'version', 'number')} is in force`);
  invocation.terminal.show(answer, () => field(answer, 'digest', 'string'));
};
