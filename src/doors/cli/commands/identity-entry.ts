/** `sallyport identity entry|group …`: registration entries. */
import { systemClock } from '../../../kernel/effects.ts';
import type { JsonObject } from '../../../kernel/json-value.ts';
import { field, objectField, optionalField, textsField } from '../answer.ts';
import { allPages } from '../all-pages.ts';
import type { Invocation } from '../command.ts';
import { connect } from '../connect.ts';
import { usage } from '../options.ts';
import { formatTable, formatTime } from '../table.ts';

const maxInstances = 100_000;

/** Adds an entry, or a group when `--instances` is given. */
export const add = async (invocation: Invocation): Promise<void> => {
  const instances = invocation.options.integer('instances', { min: 1, max: maxInstances });
  const noun = instances === undefined ? 'entries' : 'groups';
  const body = { ...bodyOf(invocation), ...(instances === undefined ? {} : { instances }) };
  const client = await connect(invocation);
  const entry = await client.call('POST', `/api/v1/identity/${noun}`, body);
  invocation.terminal.say(
    `${field(entry, 'spiffeId', 'string')}, principal ${field(entry, 'principal', 'string')}`,
  );
  invocation.terminal.show(entry, () => field(entry, 'id', 'string'));
};

const bodyOf = ({ options }: Invocation): JsonObject => {
  const selectors = options.list('selector');
  if (selectors.length === 0) throw usage('name at least one --selector of the workload');
  const lists = {
    dnsNames: options.list('dns'),
    federatesWith: options.list('federatesWith'),
    roles: options.list('role'),
    teams: options.list('team'),
  };
  const ends = options.seconds('expiresIn');
  const given = {
    x509TtlSeconds: options.seconds('ttl'),
    jwtTtlSeconds: options.seconds('jwtTtl'),
    hint: options.text('hint'),
    expiresAtMs: ends === undefined ? undefined : systemClock.nowMs() + ends * 1000,
  };
  const named = Object.entries(given).filter(([, value]) => value !== undefined);
  return {
    spiffeId: options.required('spiffeId'),
    parent: parentOf({ agent: options.text('agent'), selectors: options.list('nodeSelector') }),
    selectors: [...selectors],
    ...Object.fromEntries(Object.entries(lists).filter(([, list]) => list.length > 0)),
    ...Object.fromEntries(named),
  } as JsonObject;
};

const parentOf = (given: {
  readonly agent: string | undefined;
  readonly selectors: readonly string[];
}): JsonObject => {
  const { agent, selectors } = given;
  if ((agent === undefined) === (selectors.length === 0))
    throw usage('say where it runs: either --agent or --node-selector');
  return agent === undefined ? { selectors: [...selectors] } : { agentId: agent };
};

const row = (entry: JsonObject) => {
  const parent = objectField(entry, 'parent');
  return {
    id: field(entry, 'id', 'string'),
    spiffeId: field(entry, 'spiffeId', 'string'),
    selectors: textsField(entry, 'selectors'),
    under: optionalField(parent, 'agentId', 'string') ?? textsField(parent, 'selectors').join(','),
    instances: optionalField(entry, 'instances', 'number'),
    principal: field(entry, 'principal', 'string'),
    expiresAt: formatTime(optionalField(entry, 'expiresAtMs', 'number')),
  };
};

const listOf = (noun: 'entries' | 'groups') => async (invocation: Invocation) => {
  const { options, terminal } = invocation;
  const filter = { spiffeId: options.text('spiffeId'), agentId: options.text('agent') };
  const query = Object.entries(filter).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${encodeURIComponent(value)}`],
  );
  const client = await connect(invocation);
  const address = { path: `/api/v1/identity/${noun}`, query, list: 'entries' };
  const entries = await allPages(client, address);
  terminal.show({ entries }, () => formatTable(entries.map(row)));
};

/** Prints all entries. */
export const list = listOf('entries');
/** Prints all groups. */
export const listGroups = listOf('groups');

/** Prints one entry. */
export const show = async (invocation: Invocation): Promise<void> => {
  const [id = ''] = invocation.arguments;
  const client = await connect(invocation);
  const entry = await client.call('GET', `/api/v1/identity/entries/${encodeURIComponent(id)}`);
  invocation.terminal.show(entry, () => JSON.stringify(entry, undefined, 2));
};

/** Removes one entry or group. */
export const remove = async (invocation: Invocation): Promise<void> => {
  const [id = ''] = invocation.arguments;
  const client = await connect(invocation);
  const entry = await client.call('DELETE', `/api/v1/identity/entries/${encodeURIComponent(id)}`);
  invocation.terminal.say('removed; SVIDs that were issued for it run out');
  invocation.terminal.show(entry, () => field(entry, 'id', 'string'));
};
