/** A log that keeps its lines in memory, for tests. Redacts like the real one. */
import type { Log, LogFields } from './log.ts';
import { redactFields, redactText } from './redact.ts';

export type LogEntry = {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly message: string;
  readonly fields: LogFields;
};

export type MemoryLog = Log & { readonly entries: readonly LogEntry[] };

/** Creates a memory log; children write into the same `entries`. */
export const createMemoryLog = (): MemoryLog => {
  const entries: LogEntry[] = [];
  return { ...memoryLog(entries, {}), entries };
};

const memoryLog = (entries: LogEntry[], base: LogFields): Log => {
  const at =
    (level: LogEntry['level']) =>
    (fields: LogFields, message: string): void => {
      entries.push({
        level,
        message: redactText(message),
        fields: { ...base, ...redactFields(fields) },
      });
    };
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: (fields) => memoryLog(entries, { ...base, ...redactFields(fields) }),
  };
};
