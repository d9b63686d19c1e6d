/** The functions and methods of Cedar's extension types, by name. The receiver is the first argument. */
import {
  durationSince,
  formatDatetime,
  offsetDatetime,
  parseDatetime,
  toDate,
  toTime,
} from './datetime.ts';
import { parseDecimal } from './decimal.ts';
import { parseDuration } from './duration.ts';
import { isInRange, isLoopback, isMulticast, parseIp } from './ipaddr.ts';
import { divideLong } from './long.ts';
import {
  type DatetimeValue,
  type DecimalValue,
  type DurationValue,
  type Failure,
  failure,
  type IpValue,
  type Outcome,
  type TypeName,
  typeOf,
  type Value,
} from './value.ts';

export type ExtensionFunction = {
  readonly name: string;
  readonly parameters: readonly TypeName[];
  /** Constructors read text; the others are written as methods. */
  readonly isConstructor: boolean;
  /** Checks number and types of the arguments. */
  readonly call: (args: readonly Value[]) => Outcome;
};

type Typed = {
  readonly string: string;
  readonly decimal: DecimalValue;
  readonly ipaddr: IpValue;
  readonly datetime: DatetimeValue;
  readonly duration: DurationValue;
};
type Types = keyof Typed;

const checked = (
  name: string,
  parameters: readonly Types[],
  run: (args: readonly Value[]) => Outcome,
): ExtensionFunction => ({
  name,
  parameters,
  isConstructor: parameters[0] === 'string',
  call: (args) => {
    if (args.length !== parameters.length)
      return failure('arity', `${name} takes ${parameters.length} argument(s), got ${args.length}`);
    for (let i = 0; i < args.length; i++) {
      const type = typeOf(args[i] as Value);
      if (type !== parameters[i])
        return failure('type', `${name} needs a value of type ${parameters[i]}, got ${type}`);
    }
    return run(args);
  },
});

const unary = <A extends Types>(
  name: string,
  type: A,
  run: (value: Typed[A]) => Outcome,
): ExtensionFunction => checked(name, [type], ([value]) => run(value as Typed[A]));

const binary = <A extends Types, B extends Types>(
  name: string,
  [left, right]: readonly [A, B],
  run: (left: Typed[A], right: Typed[B]) => Outcome,
): ExtensionFunction => checked(name, [left, right], ([a, b]) => run(a as Typed[A], b as Typed[B]));

const decimals = ['decimal', 'decimal'] as const;
const overflow = (what: string): Failure => failure('extension', `${what} is beyond 64 bits`);
const shown = (value: DatetimeValue): string => formatDatetime(value) ?? `${value.ms} ms`;

const functions: readonly ExtensionFunction[] = [
  unary('decimal', 'string', parseDecimal),
  unary('ip', 'string', parseIp),
  unary('datetime', 'string', parseDatetime),
  unary('duration', 'string', parseDuration),
  binary('lessThan', decimals, (a, b) => a.units < b.units),
  binary('lessThanOrEqual', decimals, (a, b) => a.units <= b.units),
  binary('greaterThan', decimals, (a, b) => a.units > b.units),
  binary('greaterThanOrEqual', decimals, (a, b) => a.units >= b.units),
  unary('isIpv4', 'ipaddr', ({ version }) => version === 4),
  unary('isIpv6', 'ipaddr', ({ version }) => version === 6),
  unary('isLoopback', 'ipaddr', isLoopback),
  unary('isMulticast', 'ipaddr', isMulticast),
  binary('isInRange', ['ipaddr', 'ipaddr'], isInRange),
  binary(
    'offset',
    ['datetime', 'duration'],
    (at, by) => offsetDatetime(at, by) ?? overflow(`${shown(at)} offset by ${by.ms} ms`),
  ),
  binary(
    'durationSince',
    ['datetime', 'datetime'],
    (end, start) =>
      durationSince(end, start) ?? overflow(`the time from ${shown(start)} to ${shown(end)}`),
  ),
  unary('toDate', 'datetime', (at) => toDate(at) ?? overflow(`the date of ${shown(at)}`)),
  unary('toTime', 'datetime', toTime),
  unary('toMilliseconds', 'duration', ({ ms }) => ms),
  unary('toSeconds', 'duration', ({ ms }) => divideLong(ms, 1000)),
  unary('toMinutes', 'duration', ({ ms }) => divideLong(ms, 60_000)),
  unary('toHours', 'duration', ({ ms }) => divideLong(ms, 3_600_000)),
  unary('toDays', 'duration', ({ ms }) => divideLong(ms, 86_400_000)),
];

/** Every extension function by its name. */
export const extensionFunctions: ReadonlyMap<string, ExtensionFunction> = new Map(
  functions.map((each) => [each.name, each]),
);
