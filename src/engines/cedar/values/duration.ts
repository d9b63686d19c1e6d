/** `duration`: signed spans of time in milliseconds (Cedar RFC 80). */
import { toLong } from './long.ts';
import { type DurationValue, type Failure, failure } from './value.ts';

const pattern = /^(-?)(?:([0-9]+)d)?(?:([0-9]+)h)?(?:([0-9]+)m)?(?:([0-9]+)s)?(?:([0-9]+)ms)?$/;
const unitsMs = [86_400_000n, 3_600_000n, 60_000n, 1000n, 1n] as const;
/** Longer runs of digits (without leading zeros) cannot fit in 64 bits. */
const maxDigits = 20;

const refuse = (text: string, why: string): Failure => {
  const shown = JSON.stringify(text.length > 64 ? `${text.slice(0, 64)}…` : text);
  return failure('extension', `duration(${shown}): ${why}`);
};

/** Reads `1d2h3m4s5ms`: any of the units, each at most once, in this order, with `-` in front of all. */
export const parseDuration = (text: string): DurationValue | Failure => {
  const match = pattern.exec(text);
  const counts = match
    ?.slice(2)
    .map((count: string | undefined) => count?.replace(/^0+(?=[0-9])/, ''));
  if (match === null || counts === undefined || counts.every((count) => count === undefined))
    return refuse(text, 'write units in the order 1d2h3m4s5ms, each at most once');
  if (counts.some((count) => (count?.length ?? 0) > maxDigits))
    return refuse(text, 'beyond the range of durations');
  const size = counts.reduce((sum, count, i) => sum + BigInt(count ?? 0) * (unitsMs[i] ?? 1n), 0n);
  const ms = toLong(match[1] === '-' ? -size : size);
  return ms === undefined
    ? refuse(text, 'beyond the range of durations')
    : { kind: 'duration', ms };
};

export const formatDuration = ({ ms }: DurationValue): string => `${ms}ms`;
