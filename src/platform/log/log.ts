/** The program's log: one JSON object per line on standard error, redacted, never holding payloads. */
import { type DestinationStream, destination as openDestination, pino } from 'pino';
import { redactFields, redactText } from './redact.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';
export type LogFields = Readonly<Record<string, unknown>>;

/** Writes never throw and never wait. Names of fields are fixed words: `principal`, `tenant`, `error`. */
export type Log = {
  readonly debug: (fields: LogFields, message: string) => void;
  readonly info: (fields: LogFields, message: string) => void;
  readonly warn: (fields: LogFields, message: string) => void;
  readonly error: (fields: LogFields, message: string) => void;
  /** A log that adds these fields to each line. */
  readonly child: (fields: LogFields) => Log;
};

export type LogOptions = {
  readonly level: LogLevel;
  /** Where lines go; standard error when absent. */
  readonly destination?: DestinationStream;
};

const standardErrorFd = 2;

/** Creates the log. `error` fields may hold an `Error`: name, code, message, stack and causes are kept. */
export const createLog = ({ level, destination = standardError() }: LogOptions): Log =>
  wrap(
    pino(
      {
        level,
        base: null,
        timestamp: () => `,"time":"${new Date().toISOString()}"`,
        formatters: { level: (label) => ({ level: label }) },
        messageKey: 'message',
        errorKey: 'error',
      },
      destination,
    ),
  );

const standardError = (): DestinationStream => {
  const stream = openDestination({ fd: standardErrorFd, sync: true });
  // A closed pipe (`sallyport server 2>&1 | head`) must not end the server.
  stream.on('error', () => undefined);
  return stream;
};

type Level = Exclude<LogLevel, 'silent'>;
type Sink = {
  readonly [L in Level]: (fields: object, message: string) => void;
} & {
  readonly isLevelEnabled: (level: string) => boolean;
  readonly child: (fields: Record<string, unknown>) => Sink;
};

const wrap = (sink: Sink): Log => {
  const at =
    (level: Level) =>
    (fields: LogFields, message: string): void => {
      if (sink.isLevelEnabled(level)) sink[level](redactFields(fields), redactText(message));
    };
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: (fields) => wrap(sink.child(redactFields(fields))),
  };
};
