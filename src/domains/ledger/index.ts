/** The ledger: what was decided, in a log that nobody can rewrite unseen. */
export { readEvent } from './entry.ts';
export { ledgerErrors } from './errors.ts';
export { ledgerEventCodes } from './events.ts';
export type { MemoryLedger } from './fake.ts';
export { createMemoryLedger } from './fake.ts';
export type { LedgerConfig, OpenLedgerOptions } from './open-ledger.ts';
export { openLedger } from './open-ledger.ts';
export type { RemoteProducer } from './producer/connect-producer.ts';
export { connectProducer } from './producer/connect-producer.ts';
export { migrations as ledgerMigrations } from './schema.ts';
export type {
  BuiltEvent,
  DroppedCounts,
  EventClass,
  Ledger,
  LedgerEntry,
  LedgerEvent,
  LedgerListener,
  LedgerQuery,
  LedgerReceipt,
  LedgerRow,
  LedgerState,
  PersonalFields,
  SealedFields,
  UnfinishedDecision,
} from './types.ts';
export {
  type FileName,
  type LedgerFiles,
  type LedgerProblem,
  type LedgerVerification,
  readLogEntries,
  type VerifyOptions,
  verifyLedger,
} from './verify/index.ts';
