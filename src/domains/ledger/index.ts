export { ledgerErrors } from './errors.ts';
export type { MemoryLedger } from './fake.ts';
export { createMemoryLedger } from './fake.ts';
export type {
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
