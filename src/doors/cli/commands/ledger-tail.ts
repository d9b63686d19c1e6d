/** `sallyport ledger tail`: the newest entries, oldest of them first; goes on with --follow. */
import { setTimeout as wait } from 'node:timers/promises';
import type { JsonObject } from '../../../kernel/json-value.ts';
import { field, listField, optionalField } from '../answer.ts';
import type { Client } from '../client.ts';
import type { Invocation } from '../command.ts';
import { connect } from '../connect.ts';
import { formatTime } from '../table.ts';

const defaultLimit = 20;
const maxLimit = 1000;
const pollMs = 1000;

/** Prints one line per entry; with --json one JSON object per line. */
export const run = async (invocation: Invocation): Promise<void> => {
  const { options, terminal } = invocation;
  const limit = options.integer('limit', { min: 1, max: maxLimit }) ?? defaultLimit;
  const client = await connect(invocation);
  const filters = filtersOf(invocation);
  let last = print(invocation, await newest(client, { ...filters, limit }));
  if (!options.flag('follow')) return;
  terminal.say('waiting for new entries; interrupt to end');
  const ended = new AbortController();
  void invocation.stopped().then(() => ended.abort());
  while (!ended.signal.aborted) {
    await wait(pollMs, undefined, { signal: ended.signal }).catch(() => undefined);
    if (!ended.signal.aborted) last = await follow(invocation, { client, filters, last });
  }
};

type Filters = Readonly<Record<string, string>>;
type Query = Readonly<Record<string, string | number>>;

const filtersOf = ({ options }: Invocation): Filters => {
  const principal = options.text('principal');
  const decision = options.text('decision');
  return {
    ...(principal === undefined ? {} : { principal }),
    ...(decision === undefined ? {} : { decision }),
  };
};

const newest = async (client: Client, query: Query): Promise<readonly JsonObject[]> => {
  const pairs = Object.entries(query).map(([name, value]): [string, string] => [name, `${value}`]);
  const page = await client.call(
    'GET',
    `/api/v1/ledger/entries?${new URLSearchParams(pairs).toString()}`,
  );
  return listField(page, 'entries').toReversed();
};

type Following = { readonly client: Client; readonly filters: Filters; readonly last: number };

const follow = async (
  invocation: Invocation,
  { client, filters, last }: Following,
): Promise<number> => {
  const page = await newest(client, { ...filters, limit: maxLimit });
  const fresh = page.filter((entry) => field(entry, 'index', 'number') > last);
  const reached = print(invocation, fresh);
  return Math.max(last, reached);
};

/** Prints rows and returns the largest index among them, -1 for none. */
const print = ({ terminal }: Invocation, rows: readonly JsonObject[]): number => {
  let last = -1;
  for (const row of rows) {
    terminal.line(row, describe);
    last = Math.max(last, field(row, 'index', 'number'));
  }
  return last;
};

const describe = (row: JsonObject): string => {
  const text = (name: string): string => optionalField(row, name, 'string') ?? '-';
  return [
    String(field(row, 'index', 'number')).padStart(8),
    formatTime(field(row, 'timeMs', 'number')),
    text('decision').padEnd(5),
    text('eventCode'),
    text('principal'),
    text('resource'),
  ].join('  ');
};
