/** `sallyport endpoint add`: from flags, from a file, or both (flags win). */
import { field } from '../answer.ts';
import type { Invocation } from '../command.ts';
import { connect } from '../connect.ts';
import { readEndpointInput } from '../endpoint-input.ts';
import { usage } from '../options.ts';
import { describeEndpoint } from '../show-endpoint.ts';

/** Registers an endpoint; the server checks the description. */
export const run = async (invocation: Invocation): Promise<void> => {
  const { terminal } = invocation;
  const body = await readEndpointInput(invocation, {});
  if (!('name' in body)) throw usage('give the name of the endpoint');
  const client = await connect(invocation);
  const answer = await client.call('POST', '/api/v1/endpoints', body);
  terminal.say(`registered ${field(answer, 'name', 'string')}`);
  terminal.show(answer, () => describeEndpoint(answer));
};
