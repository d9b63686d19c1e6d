/** `decimal`: 64-bit fixed point numbers with four digits after the point. */
import { toLong } from './long.ts';
import { type DecimalValue, type Failure, failure } from './value.ts';

const pattern = /^-?[0-9]+\.[0-9]+$/;
const fractionDigits = 4;

const quote = (text: string): string =>
  JSON.stringify(text.length > 64 ? `${text.slice(0, 64)}…` : text);

/** Reads `-12.5`: digits on both sides of the point, one to four behind it. */
export const parseDecimal = (text: string): DecimalValue | Failure => {
  if (!pattern.test(text))
    return failure('extension', `decimal(${quote(text)}): write digits, a point and digits`);
  const point = text.indexOf('.');
  const fraction = text.slice(point + 1);
  if (fraction.length > fractionDigits)
    return failure('extension', `decimal(${quote(text)}): more than four digits after the point`);
  const significant = text.slice(0, point).replace(/^(-?)0+(?=[0-9])/, '$1');
  const units =
    significant.length > 20
      ? undefined
      : toLong(BigInt(significant + fraction.padEnd(fractionDigits, '0')));
  if (units === undefined)
    return failure('extension', `decimal(${quote(text)}): beyond the range of decimals`);
  return { kind: 'decimal', units };
};

/** The shortest text that `parseDecimal` reads as this value. */
export const formatDecimal = ({ units }: DecimalValue): string => {
  const digits = String(units)
    .replace('-', '')
    .padStart(fractionDigits + 1, '0');
  const whole = digits.slice(0, -fractionDigits);
  const fraction = digits.slice(-fractionDigits).replace(/0{1,3}$/, '');
  return `${units < 0 ? '-' : ''}${whole}.${fraction}`;
};
