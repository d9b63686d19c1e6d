/** The door of the independent verifier; the ledger room hands it on. */
export { diskFiles, type FileName, type LedgerFiles } from './files.ts';
export type { LedgerProblem } from './report.ts';
export { type LedgerVerification, type VerifyOptions, verifyLedger } from './verify-ledger.ts';
export { readLogEntries } from './read-entries.ts';
