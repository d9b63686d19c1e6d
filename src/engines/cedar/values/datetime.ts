/** `datetime`: instants in milliseconds, read from a strict part of ISO 8601 (Cedar RFC 80). */
import { addLongs, floorRemainder, subtractLongs } from './long.ts';
import {
  type DatetimeValue,
  type DurationValue,
  type Failure,
  failure,
  type Long,
} from './value.ts';

const msPerMinute = 60_000;
const msPerHour = 3_600_000;
export const msPerDay = 86_400_000;

const pattern =
  /^([0-9]{4})-([0-9]{2})-([0-9]{2})(?:T([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]{3}))?(?:Z|([+-])([0-9]{2})([0-9]{2})))?$/;

/** Midnight of a day of the proleptic Gregorian calendar; undefined when there is no such day. */
const dayMs = (year: number, month: number, day: number): number | undefined => {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  const isReal = date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  return isReal ? date.getTime() : undefined;
};

const refuse = (text: string, why: string): Failure => {
  const shown = JSON.stringify(text.length > 64 ? `${text.slice(0, 64)}…` : text);
  return failure('extension', `datetime(${shown}): ${why}`);
};

/**
 * Reads `2026-11-20`, or that with `T12:00:00Z`, `T12:00:00.000Z` or an offset such as `+0130`
 * in place of the Z.
 */
export const parseDatetime = (text: string): DatetimeValue | Failure => {
  const match = pattern.exec(text);
  if (match === null)
    return refuse(
      text,
      'write YYYY-MM-DD, then nothing or Thh:mm:ss, .SSS if wanted, and Z or ±hhmm',
    );
  const [year, month, day, hour, minute, second, ms, , offsetHour, offsetMinute] = match
    .slice(1)
    .map((part: string | undefined) => Number(part ?? 0)) as [number, number, number, ...number[]];
  const midnight = dayMs(year, month, day);
  if (midnight === undefined) return refuse(text, 'there is no such day');
  if ((hour ?? 0) > 23 || (minute ?? 0) > 59 || (second ?? 0) > 59)
    return refuse(text, 'there is no such time of day');
  if ((offsetHour ?? 0) > 23 || (offsetMinute ?? 0) > 59)
    return refuse(text, 'there is no such offset from UTC');
  const time =
    (hour ?? 0) * msPerHour + (minute ?? 0) * msPerMinute + (second ?? 0) * 1000 + (ms ?? 0);
  const offset = (offsetHour ?? 0) * msPerHour + (offsetMinute ?? 0) * msPerMinute;
  return { kind: 'datetime', ms: midnight + time + (match[8] === '-' ? offset : -offset) };
};

/** The instant so much later; undefined beyond 64 bits. */
export const offsetDatetime = (
  { ms }: DatetimeValue,
  by: DurationValue,
): DatetimeValue | undefined => {
  const sum = addLongs(ms, by.ms);
  return sum === undefined ? undefined : { kind: 'datetime', ms: sum };
};

/** From the second to the first; undefined beyond 64 bits. */
export const durationSince = (
  { ms }: DatetimeValue,
  start: DatetimeValue,
): DurationValue | undefined => {
  const difference = subtractLongs(ms, start.ms);
  return difference === undefined ? undefined : { kind: 'duration', ms: difference };
};

/** Midnight (UTC) of the same day; undefined beyond 64 bits. */
export const toDate = ({ ms }: DatetimeValue): DatetimeValue | undefined => {
  const midnight = subtractLongs(ms, floorRemainder(ms, msPerDay));
  return midnight === undefined ? undefined : { kind: 'datetime', ms: midnight };
};

/** Time since midnight (UTC), always from 0 to less than a day. */
export const toTime = ({ ms }: DatetimeValue): DurationValue => ({
  kind: 'duration',
  ms: floorRemainder(ms, msPerDay),
});

const lastNamed: Long = Date.UTC(10_000, 0, 1);
const firstNamed: Long = -62_167_219_200_000;

/** ISO text that `parseDatetime` reads as this value; undefined outside the years 0000 to 9999. */
export const formatDatetime = ({ ms }: DatetimeValue): string | undefined =>
  ms >= firstNamed && ms < lastNamed ? new Date(Number(ms)).toISOString() : undefined;
