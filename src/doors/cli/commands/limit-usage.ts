/** `sallyport limit usage`. */
import type { JsonObject } from '../../../kernel/json-value.ts';
import { field, listField, objectField } from '../answer.ts';
import type { Invocation } from '../command.ts';
import { connect } from '../connect.ts';
import { limitRow, limitScopeOf } from '../limit-input.ts';
import { formatTable, formatTime, type Row } from '../table.ts';

const usageRow = (usage: JsonObject): Row => ({
  ...limitRow(objectField(usage, 'limit')),
  charged: field(usage, 'charged', 'number'),
  until: formatTime(field(usage, 'windowEndMs', 'number')),
});

/** Prints what is charged of the limits that hold for a principal, team or endpoint. */
export const run = async (invocation: Invocation): Promise<void> => {
  const { options, terminal } = invocation;
  const scope = new URLSearchParams(limitScopeOf(options)).toString();
  const client = await connect(invocation);
  const usage = listField(await client.call('GET', `/api/v1/usage?${scope}`), 'usage');
  terminal.show({ usage }, () => formatTable(usage.map(usageRow)));
};
