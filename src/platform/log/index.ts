/** The log: structured lines, redacted, never payloads. */
export { createMemoryLog } from './fake.ts';
export type { LogEntry, MemoryLog } from './fake.ts';
export { createLog } from './log.ts';
export type { Log, LogFields, LogLevel, LogOptions } from './log.ts';
export { redactFields, redactText } from './redact.ts';
