/** `--log-level` of commands that run for long. */
import type { LogLevel } from '../../platform/log/index.ts';
import { type Options, usage } from './options.ts';

const levels: readonly LogLevel[] = ['debug', 'info', 'warn', 'error', 'silent'];

/** `info` when absent. */
export const logLevelOf = (options: Options): LogLevel => {
  const text = options.text('logLevel') ?? 'info';
  const level = levels.find((one) => one === text);
  if (level === undefined) throw usage(`--log-level must be one of ${levels.join(', ')}`);
  return level;
};
