/** `sallyport identity authority …`: who signs, who will, who did. */
import type { JsonObject } from '../../../kernel/json-value.ts';
import { field, listField } from '../answer.ts';
import type { Invocation } from '../command.ts';
import { connect } from '../connect.ts';
import { formatTable, formatTime } from '../table.ts';

const path = '/api/v1/identity/authorities';

const row = (authority: JsonObject) => ({
  id: field(authority, 'id', 'string'),
  kind: field(authority, 'kind', 'string'),
  state: field(authority, 'state', 'string'),
  activatesAt: formatTime(field(authority, 'activatesAtMs', 'number')),
  expiresAt: formatTime(field(authority, 'expiresAtMs', 'number')),
});

/** Prints all authorities. */
export const list = async (invocation: Invocation): Promise<void> => {
  const client = await connect(invocation);
  const answer = await client.call('GET', path);
  const authorities = listField(answer, 'authorities');
  invocation.terminal.show(answer, () => formatTable(authorities.map(row)));
};

const show = (invocation: Invocation, authority: JsonObject): void => {
  invocation.terminal.say(
    `${field(authority, 'kind', 'string')} is ${field(authority, 'state', 'string')}`,
  );
  invocation.terminal.show(authority, () => field(authority, 'id', 'string'));
};

/** Prepares the next authority of a kind. */
export const prepare = async (invocation: Invocation): Promise<void> => {
  const [kind = ''] = invocation.arguments;
  const client = await connect(invocation);
  show(invocation, await client.call('POST', path, { kind }));
};

const verb = (name: 'activate' | 'taint' | 'revoke') => async (invocation: Invocation) => {
  const [id = ''] = invocation.arguments;
  const force = name !== 'taint' && invocation.options.flag('force') ? { force: true } : {};
  const client = await connect(invocation);
  show(invocation, await client.call('POST', `${path}/${encodeURIComponent(id)}/${name}`, force));
};

/** Lets a prepared authority sign now. */
export const activate = verb('activate');
/** Stops signing with an authority. */
export const taint = verb('taint');
/** Takes an authority out of trust. */
export const revoke = verb('revoke');
