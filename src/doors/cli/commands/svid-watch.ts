/** `sallyport svid watch`: follows the X.509-SVIDs of this process until it is stopped. */
import { writeSvidState } from '../../agent/index.ts';
import type { Invocation } from '../command.ts';
import { describeState, followStream } from '../svid-stream.ts';
import { formatTime } from '../table.ts';

/** One line for each state; files are fresh before the line is written. */
export const run = async (invocation: Invocation): Promise<void> => {
  const { options, terminal } = invocation;
  const stopped = invocation.stopped();
  const out = options.text('out');
  let writing = Promise.resolve();
  const stream = followStream(invocation, (state) => {
    writing = writing.then(async () => {
      if (out !== undefined) await writeSvidState(out, state);
      terminal.line(describeState(state), ({ svids }) =>
        svids
          .map(({ spiffeId, expiresAtMs }) => `${spiffeId} until ${formatTime(expiresAtMs)}`)
          .join(', '),
      );
    });
  });
  try {
    await Promise.race([stopped, stream.ended]);
    await writing;
  } finally {
    stream.stop();
  }
};
