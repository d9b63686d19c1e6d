/** Functions and methods. The names have been checked when the expression was read. */
import type { Code, Frame } from './code.ts';
import { type Conversion, toDouble, toInt, toText, toUint } from './convert.ts';
import { sizeOf, testText } from './texts.ts';
import { type CelOutcome, fault, isFault, isOptional, typeName } from './values.ts';

const functions: ReadonlyMap<string, Conversion> = new Map<string, Conversion>([
  ['size', sizeOf],
  ['string', toText],
  ['int', toInt],
  ['uint', toUint],
  ['double', toDouble],
]);
const optionalMethods: ReadonlySet<string> = new Set(['orValue', 'or', 'hasValue', 'value']);

type Called = { readonly name: string; readonly at: number };

/** The argument of `or` and `orValue` is looked at only when it is needed. */
const callOptional = (
  receiver: CelOutcome,
  { name, at }: Called,
  otherwise: () => CelOutcome,
): CelOutcome => {
  if (isFault(receiver)) return receiver;
  if (!isOptional(receiver)) return fault(`${typeName(receiver)}.${name}() is not defined`, at);
  const { value } = receiver;
  if (name === 'hasValue') return value !== undefined;
  if (name === 'value') return value ?? (value === null ? null : fault('nothing is there', at));
  if (value !== undefined) return name === 'or' ? receiver : value;
  const other = otherwise();
  if (name === 'orValue' || isFault(other) || isOptional(other)) return other;
  return fault(`or(${typeName(other)}) is not defined`, at);
};

const callFunction = (code: Code, { name, at }: Called): Code => {
  const convert = functions.get(name);
  return (frame) => {
    const value = code(frame);
    if (isFault(value)) return value;
    return convert?.(value, { budget: frame.budget, at }) ?? fault(`${name}() is unknown`, at);
  };
};

const callText =
  (receiver: Code, argument: Code, { name, at }: Called): Code =>
  (frame) => {
    const text = receiver(frame);
    if (isFault(text)) return text;
    const part = argument(frame);
    return isFault(part) ? part : testText(name, [text, part], { budget: frame.budget, at });
  };

/** `name(argument)` or `receiver.name(argument)` */
export const compileCall = (
  called: Called,
  receiver: Code | undefined,
  argument: Code | undefined,
): Code => {
  const missing = (_frame: Frame): CelOutcome => fault('an argument is missing', called.at);
  if (receiver === undefined) return callFunction(argument ?? missing, called);
  if (called.name === 'size') return callFunction(receiver, called);
  if (!optionalMethods.has(called.name)) return callText(receiver, argument ?? missing, called);
  return (frame) => callOptional(receiver(frame), called, () => (argument ?? missing)(frame));
};
