/** `sallyport endpoint show`. */
import type { Invocation } from '../command.ts';
import { connect } from '../connect.ts';
import { describeEndpoint } from '../show-endpoint.ts';

/** Prints one endpoint. */
export const run = async (invocation: Invocation): Promise<void> => {
  const [name = ''] = invocation.arguments;
  const client = await connect(invocation);
  const endpoint = await client.call('GET', `/api/v1/endpoints/${encodeURIComponent(name)}`);
  invocation.terminal.show(endpoint, () => describeEndpoint(endpoint));
};
