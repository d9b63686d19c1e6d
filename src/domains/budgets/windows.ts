/** Windows of time, aligned to UTC, so that every node means the same one. */
import type { Window } from './types.ts';

export type WindowSpan = { readonly startMs: number; readonly endMs: number };

const lengthsMs = { minute: 60_000, hour: 3_600_000, day: 86_400_000 } as const;

/** The window that holds `nowMs`: start inclusive, end exclusive. */
export const windowAt = (window: Window, nowMs: number): WindowSpan => {
  if (window !== 'month') {
    const lengthMs = lengthsMs[window];
    const startMs = Math.floor(nowMs / lengthMs) * lengthMs;
    return { startMs, endMs: startMs + lengthMs };
  }
  const now = new Date(nowMs);
  const [year, month] = [now.getUTCFullYear(), now.getUTCMonth()];
  return { startMs: Date.UTC(year, month), endMs: Date.UTC(year, month + 1) };
};
