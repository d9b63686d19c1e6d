/** `sallyport agent proxy`: mutual TLS for a process that speaks plain TCP, until it is stopped. */
import { isRefusal, SallyportError } from '../../../kernel/errors.ts';
import { systemClock } from '../../../kernel/effects.ts';
import { createLog } from '../../../platform/log/index.ts';
import { createMetrics } from '../../../platform/metrics/index.ts';
import {
  type Address,
  allowPeers,
  formatAddress,
  parseAddress,
  type Proxy,
  startProxy,
} from '../../agent/index.ts';
import type { Invocation } from '../command.ts';
import { usage } from '../options.ts';
import { followHeldState } from '../held-state.ts';
import { logLevelOf } from '../log-level.ts';

const defaultWaitSeconds = 30;

const addressOf = (text: string): Address => {
  const address = parseAddress(text);
  if (isRefusal(address)) throw new SallyportError(address.error, address.detail);
  return address;
};

/** Starts with the first identity, so that a listener that is open can serve. */
export const run = async (invocation: Invocation): Promise<void> => {
  const { options, terminal } = invocation;
  const stopped = invocation.stopped();
  const direction = options.required('direction');
  if (direction !== 'in' && direction !== 'out') throw usage('--direction must be in or out');
  const held: { proxy?: Proxy } = {};
  const following = followHeldState(invocation, () => void held.proxy?.recheck());
  try {
    await following.first((options.seconds('wait') ?? defaultWaitSeconds) * 1000);
    const proxy = await startProxy({
      direction,
      listen: addressOf(options.required('listen')),
      target: addressOf(options.required('target')),
      authorize: allowPeers(options.list('peer')),
      requirePq: options.flag('requirePq'),
      state: following.state,
      isStale: following.isStale,
      clock: systemClock,
      log: createLog({ level: logLevelOf(options) }),
      metrics: createMetrics(),
    });
    held.proxy = proxy;
    const address = formatAddress(proxy.address);
    terminal.say(`proxy ${direction} on ${address}`);
    if (terminal.isJson) terminal.line({ direction, address }, () => '');
    await Promise.race([stopped, following.ended]);
  } finally {
    await held.proxy?.close();
    following.stop();
  }
};
