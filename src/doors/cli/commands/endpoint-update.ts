/**
 * `sallyport endpoint update`: flags change what they name, a file replaces the whole description.
 * The change is refused when somebody else changed the endpoint in between.
 */
import { field } from '../answer.ts';
import type { Invocation } from '../command.ts';
import { connect } from '../connect.ts';
import { type EndpointInput, readEndpointInput } from '../endpoint-input.ts';
import { describeEndpoint } from '../show-endpoint.ts';

/** What the server adds to a description. */
const added: ReadonlySet<string> = new Set([
  'hasCredential',
  'version',
  'createdAtMs',
  'updatedAtMs',
]);

/** Changes one endpoint; its credential stays unless a new one is given. */
export const run = async (invocation: Invocation): Promise<void> => {
  const { terminal } = invocation;
  const [name = ''] = invocation.arguments;
  const client = await connect(invocation);
  const path = `/api/v1/endpoints/${encodeURIComponent(name)}`;
  const current = await client.call('GET', path);
  const described: EndpointInput = Object.fromEntries(
    Object.entries(current).filter(([key]) => !added.has(key)),
  );
  const body = await readEndpointInput(invocation, described);
  const version = field(current, 'version', 'number');
  const answer = await client.call('PUT', `${path}?expectedVersion=${version}`, body);
  terminal.say(`changed ${field(answer, 'name', 'string')}`);
  terminal.show(answer, () => describeEndpoint(answer));
};
