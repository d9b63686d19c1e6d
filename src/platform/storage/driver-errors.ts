/** Turns what SQLite and PostgreSQL throw into our codes; anything unknown passes unchanged. */
import { type ErrorKind, SallyportError } from '../../kernel/errors.ts';
import { storageErrors } from './errors.ts';

/** Which rule of the schema a change broke. */
export type ConflictRule = 'unique' | 'foreign-key' | 'not-null' | 'check';

/** True when the failure is a second row with the same key, on either database. */
export const isUniqueViolation = (failure: unknown): boolean =>
  failure instanceof SallyportError &&
  failure.code === 'E_STORAGE_CONFLICT' &&
  failure.data.rule === 'unique';

/** What commit says when an earlier statement of the transaction failed. */
export const abortedTransaction = (): SallyportError =>
  new SallyportError(
    storageErrors.E_STORAGE_ABORTED,
    'an earlier statement of this transaction failed; nothing of it was kept',
  );

type DriverError = Error & { readonly code?: unknown; readonly errcode?: unknown };

const failed = (kind: ErrorKind, cause: DriverError): SallyportError =>
  new SallyportError(kind, cause.message, { cause });

const conflict = (rule: ConflictRule, cause: DriverError): SallyportError =>
  new SallyportError(storageErrors.E_STORAGE_CONFLICT, `the change breaks a ${rule} rule`, {
    cause,
    data: { rule },
  });

const sqliteRules: Readonly<Record<number, ConflictRule>> = {
  2067: 'unique',
  1555: 'unique',
  2579: 'unique',
  787: 'foreign-key',
  1299: 'not-null',
  275: 'check',
};

/** Primary result codes, https://sqlite.org/rescode.html. */
const sqliteKinds: Readonly<Record<number, ErrorKind>> = {
  5: storageErrors.E_STORAGE_CONTENDED,
  6: storageErrors.E_STORAGE_CONTENDED,
  8: storageErrors.E_STORAGE_UNAVAILABLE,
  10: storageErrors.E_STORAGE_UNAVAILABLE,
  11: storageErrors.E_STORAGE_CORRUPT,
  13: storageErrors.E_STORAGE_UNAVAILABLE,
  14: storageErrors.E_STORAGE_UNAVAILABLE,
  26: storageErrors.E_STORAGE_CORRUPT,
};

/** Maps an error of node:sqlite. */
export const fromSqlite = (failure: unknown): unknown => {
  if (!(failure instanceof Error) || failure instanceof SallyportError) return failure;
  const error: DriverError = failure;
  if (error.code === 'ERR_OUT_OF_RANGE') return failed(storageErrors.E_STORAGE_VALUE, error);
  if (typeof error.errcode !== 'number') return failure;
  const rule = sqliteRules[error.errcode];
  if (rule !== undefined) return conflict(rule, error);
  const kind = sqliteKinds[error.errcode & 0xff];
  return kind === undefined ? failure : failed(kind, error);
};

const postgresRules: Readonly<Record<string, ConflictRule>> = {
  '23505': 'unique',
  '23503': 'foreign-key',
  '23502': 'not-null',
  '23514': 'check',
};

/** Serialisation failure, deadlock, lock not available, statement timeout. */
const abortedState = '25P02';
const contendedStates: ReadonlySet<string> = new Set(['40001', '40P01', '55P03', '57014']);

const networkCodes: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ENOENT',
]);

/** Shutdown, crash recovery, too many connections, no space, I/O error and all of class 08. */
const isOutage = (state: string): boolean =>
  state.startsWith('08') ||
  state.startsWith('57P') ||
  state.startsWith('53') ||
  state.startsWith('58') ||
  state.startsWith('28') ||
  networkCodes.has(state);

/** pg reports a lost connection by message alone. */
const lostConnection: readonly string[] = [
  'Connection terminated',
  'timeout exceeded when trying to connect',
  'Client has encountered a connection error',
  'Query read timeout',
  'The server does not support SSL connections',
];

/** Maps an error of pg (SQLSTATE, PostgreSQL appendix A). */
export const fromPostgres = (failure: unknown): unknown => {
  if (!(failure instanceof Error) || failure instanceof SallyportError) return failure;
  const error: DriverError = failure;
  const state = typeof error.code === 'string' ? error.code : '';
  if (state === abortedState) return abortedTransaction();
  const rule = postgresRules[state];
  if (rule !== undefined) return conflict(rule, error);
  if (contendedStates.has(state)) return failed(storageErrors.E_STORAGE_CONTENDED, error);
  const isLost = lostConnection.some((text) => error.message.startsWith(text));
  if (isOutage(state) || isLost) return failed(storageErrors.E_STORAGE_UNAVAILABLE, error);
  return failure;
};
