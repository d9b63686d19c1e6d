/** `sallyport svid fetch`: the X.509-SVIDs of this process, once. */
import { writeSvidState } from '../../agent/index.ts';
import type { Invocation } from '../command.ts';
import { describeState, followStream } from '../svid-stream.ts';
import { formatTime } from '../table.ts';

const defaultWaitSeconds = 10;

/** Keys go into files only, never to standard output. */
export const run = async (invocation: Invocation): Promise<void> => {
  const { options, terminal } = invocation;
  const stream = followStream(invocation, () => undefined);
  try {
    const state = await stream.first((options.seconds('wait') ?? defaultWaitSeconds) * 1000);
    const out = options.text('out');
    const files = out === undefined ? [] : await writeSvidState(out, state);
    const shown = describeState(state);
    terminal.show({ ...shown, files }, () =>
      [
        ...shown.svids.map(
          ({ spiffeId, expiresAtMs }) => `${spiffeId}, good until ${formatTime(expiresAtMs)}`,
        ),
        ...files,
      ].join('\n'),
    );
  } finally {
    stream.stop();
  }
};
