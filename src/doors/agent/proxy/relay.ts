/**
 * Two streams joined: each end is passed on by itself (half-open connections live), an error or a
 * silence of both ends both, and nothing is read that the other side cannot take.
 */
import type { Duplex } from 'node:stream';
import type { Socket } from 'node:net';

const lingerMs = 5_000;

/** A side that is gone can take nothing more; the other may finish writing what it has. */
const endOther = (gone: Duplex, other: Duplex): void => {
  gone.unpipe(other);
  if (other.destroyed) return;
  if (!other.writableEnded) other.end();
  const timer = setTimeout(() => other.destroy(), lingerMs);
  other.once('close', () => clearTimeout(timer));
  // Nobody reads it any more: what still comes is dropped.
  other.resume();
};

/** Joins both; resolves when both have ended. */
export const relay = (left: Socket, right: Socket, idleMs: number): Promise<void> => {
  const pair = [
    [left, right],
    [right, left],
  ] as const;
  const destroyBoth = (): void => {
    left.destroy();
    right.destroy();
  };
  let lastByteMs = performance.now();
  const alive = (): void => {
    lastByteMs = performance.now();
  };
  const idle = setInterval(
    () => {
      if (performance.now() - lastByteMs >= idleMs) destroyBoth();
    },
    Math.max(10, idleMs / 4),
  );
  const ends = pair.map(
    ([from, to]) =>
      new Promise<void>((resolve) => {
        from.on('data', alive);
        from.on('error', destroyBoth);
        from.once('close', () => {
          endOther(from, to);
          resolve();
        });
        from.pipe(to);
      }),
  );
  return Promise.all(ends).then(() => clearInterval(idle));
};
