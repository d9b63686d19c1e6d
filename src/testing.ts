/**
 * `sallyport/testing`: the fakes the rooms ship beside their real parts. They keep the same promises
 * in memory; crypto and parsers in them are real.
 */
export { type Clock, fakeClock, type Random } from './kernel/effects.ts';
export { createMemoryAccess, type MemoryAccessOptions } from './domains/access/fake.ts';
export { createMemoryBudgets } from './domains/budgets/fake.ts';
export { createMemoryLedger, type MemoryLedger } from './domains/ledger/fake.ts';
export {
  type FakeOpenAiOptions,
  type FakeUpstream,
  type Misbehaviour,
  type SeenRequest,
  startFakeOpenAi,
  startFakeV2,
} from './doors/gateway/fake.ts';
export { createMemoryKeyStore } from './platform/keys/fake.ts';
export { createMemoryLog, type LogEntry, type MemoryLog } from './platform/log/fake.ts';
export { openMemoryStorage } from './platform/storage/fake.ts';
