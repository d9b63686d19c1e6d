/** `sallyport policy replay`: what a candidate set would have decided otherwise. */
import type { JsonObject } from '../../../kernel/json-value.ts';
import { field, listField, refField } from '../answer.ts';
import type { Invocation } from '../command.ts';
import { connect } from '../connect.ts';
import { readPolicies } from '../policy-input.ts';
import { formatTable, formatTime } from '../table.ts';

const defaultSinceSeconds = 7 * 86_400;
const maxDecisions = 1_000_000;

/** Prints the changes; an empty list means that nothing recorded would change. */
export const run = async (invocation: Invocation): Promise<void> => {
  const { options, terminal } = invocation;
  const files = await readPolicies(invocation);
  const sinceSeconds = options.seconds('since') ?? defaultSinceSeconds;
  const limit = options.integer('limit', { min: 1, max: maxDecisions });
  const client = await connect(invocation);
  const report = await client.call('POST', '/api/v1/policies/replay', {
    files,
    sinceSeconds,
    ...(limit === undefined ? {} : { limit }),
  });
  const changes = listField(report, 'changes');
  const count = (name: string): number => field(report, name, 'number');
  terminal.say(
    `${count('examined')} decisions examined, ${count('unchanged')} unchanged, ${count('skipped')} skipped, ${changes.length} changed`,
  );
  if (field(report, 'truncated', 'boolean')) terminal.say('the window was cut short by the limit');
  terminal.show(report, () => formatTable(changes.map(rowOf)));
};

const rowOf = (change: JsonObject) => {
  const request = change['request'] as JsonObject;
  return {
    index: field(change, 'ledgerIndex', 'number'),
    time: formatTime(field(change, 'timeMs', 'number')),
    principal: refField(request, 'principal'),
    action: field(request, 'action', 'string'),
    resource: refField(request, 'resource'),
    before: field(change, 'before', 'string'),
    after: field(change['after'], 'decision', 'string'),
  };
};
