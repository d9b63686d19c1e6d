/** What the extension functions take and give, receiver first. */
import { boolean, long, never, string, type Type } from './types.ts';

export type Signature = { readonly parameters: readonly Type[]; readonly result: Type };

const decimal: Type = { kind: 'extension', name: 'decimal' };
const ipaddr: Type = { kind: 'extension', name: 'ipaddr' };
const datetime: Type = { kind: 'extension', name: 'datetime' };
const duration: Type = { kind: 'extension', name: 'duration' };

const comparison: Signature = { parameters: [decimal, decimal], result: boolean };
const ipTest: Signature = { parameters: [ipaddr], result: boolean };
const count: Signature = { parameters: [duration], result: long };

/** By name. `unknown` marks what partial evaluation does not know; it fits everywhere. */
export const signatures: ReadonlyMap<string, Signature> = new Map<string, Signature>([
  ['decimal', { parameters: [string], result: decimal }],
  ['ip', { parameters: [string], result: ipaddr }],
  ['datetime', { parameters: [string], result: datetime }],
  ['duration', { parameters: [string], result: duration }],
  ['unknown', { parameters: [string], result: never }],
  ['lessThan', comparison],
  ['lessThanOrEqual', comparison],
  ['greaterThan', comparison],
  ['greaterThanOrEqual', comparison],
  ['isIpv4', ipTest],
  ['isIpv6', ipTest],
  ['isLoopback', ipTest],
  ['isMulticast', ipTest],
  ['isInRange', { parameters: [ipaddr, ipaddr], result: boolean }],
  ['offset', { parameters: [datetime, duration], result: datetime }],
  ['durationSince', { parameters: [datetime, datetime], result: duration }],
  ['toDate', { parameters: [datetime], result: datetime }],
  ['toTime', { parameters: [datetime], result: duration }],
  ['toMilliseconds', count],
  ['toSeconds', count],
  ['toMinutes', count],
  ['toHours', count],
  ['toDays', count],
]);
