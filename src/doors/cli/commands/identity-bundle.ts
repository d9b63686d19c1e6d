/** `sallyport identity bundle …`: our own bundle and those of other trust domains. */
import type { JsonObject } from '../../../kernel/json-value.ts';
import { field, listField, objectField, optionalField } from '../answer.ts';
import type { Invocation } from '../command.ts';
import { connect, connectAnonymously } from '../connect.ts';
import { usage } from '../options.ts';
import { readText } from '../read-input.ts';
import { formatTable, formatTime } from '../table.ts';

const path = '/api/v1/identity/federation';

/** Prints the own bundle as a SPIFFE bundle document. */
export const show = async (invocation: Invocation): Promise<void> => {
  const client = await connectAnonymously(invocation);
  const bundle = await client.call('GET', '/.well-known/spiffe-bundle');
  invocation.terminal.show(bundle, () => JSON.stringify(bundle, undefined, 2));
};

const row = (domain: JsonObject) => {
  const source = objectField(domain, 'source');
  return {
    trustDomain: field(domain, 'trustDomain', 'string'),
    profile: field(source, 'profile', 'string'),
    url: optionalField(source, 'url', 'string'),
    fetchedAt: formatTime(optionalField(domain, 'fetchedAtMs', 'number')),
    failure: optionalField(domain, 'failure', 'string'),
  };
};

/** Prints all federated trust domains. */
export const list = async (invocation: Invocation): Promise<void> => {
  const client = await connect(invocation);
  const answer = await client.call('GET', path);
  const domains = listField(answer, 'domains');
  invocation.terminal.show(answer, () => formatTable(domains.map(row)));
};

const addressOf = ({ arguments: [domain = ''] }: Invocation): string =>
  `${path}/${encodeURIComponent(domain)}`;

const report = (invocation: Invocation, domain: JsonObject): void => {
  const failure = optionalField(domain, 'failure', 'string');
  if (failure !== undefined)
    invocation.terminal.complain(`its bundle could not be read: ${failure}`);
  invocation.terminal.show(domain, () => field(domain, 'trustDomain', 'string'));
};

const sourceOf = ({ options }: Invocation): JsonObject => {
  const url = options.text('url');
  const endpointSpiffeId = options.text('endpointSpiffeId');
  if (url === undefined && endpointSpiffeId !== undefined)
    throw usage('--endpoint-spiffe-id goes with --url');
  if (url === undefined) return { profile: 'static' };
  return endpointSpiffeId === undefined
    ? { profile: 'https_web', url }
    : { profile: 'https_spiffe', url, endpointSpiffeId };
};

/** Federates with a trust domain. */
export const federate = async (invocation: Invocation): Promise<void> => {
  const file = invocation.options.text('bundleFile');
  const source = sourceOf(invocation);
  const bundle = file === undefined ? undefined : await readText(file, invocation.stdin);
  const client = await connect(invocation);
  const body = { source, ...(bundle === undefined ? {} : { bundle }) };
  report(invocation, await client.call('PUT', addressOf(invocation), body));
};

/** Fetches one bundle now. */
export const refresh = async (invocation: Invocation): Promise<void> => {
  const client = await connect(invocation);
  report(invocation, await client.call('POST', `${addressOf(invocation)}/refresh`, {}));
};

/** Ends one federation. */
export const remove = async (invocation: Invocation): Promise<void> => {
  const client = await connect(invocation);
  const domain = await client.call('DELETE', addressOf(invocation));
  invocation.terminal.say('its SVIDs are not accepted any more');
  invocation.terminal.show(domain, () => field(domain, 'trustDomain', 'string'));
};
