/** Metrics about the process itself: memory, processor time, event-loop delay, start time. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Metrics } from './metrics.ts';

const delayResolutionMs = 20;
const nanosecondsPerSecond = 1e9;
const microsecondsPerSecond = 1e6;

/** Registers the process metrics. Disposing stops the event-loop monitor. */
export const registerProcessMetrics = (metrics: Metrics): Disposable => {
  const delay = monitorEventLoopDelay({ resolution: delayResolutionMs });
  delay.enable();
  const startSeconds = performance.timeOrigin / 1000;
  const { observed } = metrics;
  observed('process_start_time_seconds', 'Start of the process, Unix time.', () => startSeconds);
  observed('process_resident_memory_bytes', 'Resident memory.', () => process.memoryUsage.rss());
  observed(
    'process_heap_used_bytes',
    'Used JavaScript heap.',
    () => process.memoryUsage().heapUsed,
  );
  observed('process_cpu_seconds', 'User and system processor time since start.', () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / microsecondsPerSecond;
  });
  observed('process_event_loop_delay_p50_seconds', 'Median event-loop delay since start.', () =>
    seconds(delay.percentile(50)),
  );
  observed('process_event_loop_delay_p99_seconds', 'p99 event-loop delay since start.', () =>
    seconds(delay.percentile(99)),
  );
  observed('process_event_loop_delay_max_seconds', 'Longest event-loop delay since start.', () =>
    seconds(delay.max),
  );
  return { [Symbol.dispose]: () => void delay.disable() };
};

/** The monitor's samples hold the timer interval itself; what is above it is delay. */
const seconds = (nanoseconds: number): number =>
  Math.max(0, nanoseconds / nanosecondsPerSecond - delayResolutionMs / 1000);
