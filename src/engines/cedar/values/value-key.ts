/** One text per value: two values have the same text exactly when Cedar's `==` holds. */
import type { RecordValue } from './record.ts';
import type { Value } from './value.ts';

/** The length in front makes the end of the text certain, whatever stands in it. */
const textKey = (text: string): string => `${text.length}"${text}`;

const recordKey = ({ shape, values }: RecordValue): string => {
  const parts = shape.keys.map((key, slot) => `${textKey(key)}:${valueKey(values[slot] as Value)}`);
  return `{${parts.sort().join()}}`;
};

export const valueKey = (value: Value): string => {
  if (typeof value === 'string') return textKey(value);
  if (typeof value !== 'object') return String(value);
  switch (value.kind) {
    case 'entity':
      return `e${value.type}"${textKey(value.id)}`;
    case 'set':
      return `[${[...new Set(value.elements.map(valueKey))].sort().join()}]`;
    case 'record':
      return recordKey(value);
    case 'decimal':
      return `d${value.units}`;
    case 'ipaddr':
      return `i${value.version}/${value.address}/${value.prefix}`;
    case 'datetime':
      return `t${value.ms}`;
    case 'duration':
      return `u${value.ms}`;
  }
};
