/** Values as people and parsers read them: Cedar text for messages, expressions for residuals. */
import type { Expr } from '../ast.ts';
import { formatDatetime } from './datetime.ts';
import { formatDecimal } from './decimal.ts';
import { formatDuration } from './duration.ts';
import { formatIp } from './ipaddr.ts';
import type { RecordValue } from './record.ts';
import type { DatetimeValue, EntityValue, ExtensionValue, SetValue, Value } from './value.ts';

export const formatEntity = ({ type, id }: Pick<EntityValue, 'type' | 'id'>): string =>
  `${type}::${JSON.stringify(id)}`;

const maxListed = 8;
const maxText = 120;
const listed = (items: readonly string[], count: number): string =>
  count > items.length ? [...items, `… (${count} in all)`].join(', ') : items.join(', ');
const quoted = (text: string): string =>
  JSON.stringify(text.length > maxText ? `${text.slice(0, maxText)}…` : text);

const formatExtension = (value: ExtensionValue): string => {
  switch (value.kind) {
    case 'decimal':
      return `decimal("${formatDecimal(value)}")`;
    case 'ipaddr':
      return `ip("${formatIp(value)}")`;
    case 'duration':
      return `duration("${formatDuration(value)}")`;
    case 'datetime': {
      const text = formatDatetime(value);
      return text === undefined
        ? `datetime("1970-01-01").offset(duration("${value.ms}ms"))`
        : `datetime("${text}")`;
    }
  }
};

const formatSet = ({ elements }: SetValue): string => {
  const shown = elements.slice(0, maxListed).map((element) => formatInside(element));
  return `[${listed(shown, elements.length)}]`;
};

const formatRecord = ({ shape, values }: RecordValue): string => {
  const shown = shape.keys
    .slice(0, maxListed)
    .map((key, slot) => `${quoted(key)}: ${formatInside(values[slot] as Value)}`);
  return `{${listed(shown, values.length)}}`;
};

const isNested = (value: Value): value is SetValue | RecordValue =>
  typeof value === 'object' && (value.kind === 'set' || value.kind === 'record');

const formatInside = (value: Value): string => {
  if (isNested(value)) return value.kind === 'set' ? '[…]' : '{…}';
  if (typeof value === 'string') return quoted(value);
  if (typeof value !== 'object') return String(value);
  return value.kind === 'entity' ? formatEntity(value) : formatExtension(value);
};

/** A value for messages: Cedar text, with long texts, long lists and deep parts cut short. */
export const formatValue = (value: Value): string => {
  if (!isNested(value)) return formatInside(value);
  return value.kind === 'set' ? formatSet(value) : formatRecord(value);
};

const call = (name: string, text: string): Expr => ({
  kind: 'call',
  name,
  args: [{ kind: 'string', value: text }],
});

const datetimeExpr = (value: DatetimeValue): Expr => {
  const text = formatDatetime(value);
  if (text !== undefined) return call('datetime', text);
  const args = [call('datetime', '1970-01-01'), call('duration', `${value.ms}ms`)];
  return { kind: 'call', name: 'offset', args };
};

const extensionExpr = (value: ExtensionValue): Expr => {
  switch (value.kind) {
    case 'decimal':
      return call('decimal', formatDecimal(value));
    case 'ipaddr':
      return call('ip', formatIp(value));
    case 'duration':
      return call('duration', formatDuration(value));
    case 'datetime':
      return datetimeExpr(value);
  }
};

/** The expression whose value this is. */
export const valueToExpr = (value: Value): Expr => {
  switch (typeof value) {
    case 'boolean':
      return { kind: 'bool', value };
    case 'string':
      return { kind: 'string', value };
    case 'number':
    case 'bigint':
      return { kind: 'long', value: BigInt(value) };
    default:
  }
  switch (value.kind) {
    case 'entity':
      return { kind: 'entity', uid: { type: value.type, id: value.id } };
    case 'set':
      return { kind: 'set', elements: value.elements.map(valueToExpr) };
    case 'record': {
      const { shape, values } = value;
      const entries = shape.keys.map((key, slot) => ({
        key,
        value: valueToExpr(values[slot] as Value),
      }));
      return { kind: 'record', entries };
    }
    default:
      return extensionExpr(value);
  }
};
