/**
 * A ledger in memory with the behaviour of the real one at the interface: the same rejections,
 * the same order, the same erasure. No disk, no thread, no signatures. For tests of other rooms.
 */
import { MessageChannel } from 'node:worker_threads';
import { validateOcsf } from '../../engines/ocsf/index.ts';
import type { Clock } from '../../kernel/effects.ts';
import { fakeClock } from '../../kernel/effects.ts';
import { SallyportError } from '../../kernel/errors.ts';
import { readEvent } from './entry.ts';
import { ledgerErrors } from './errors.ts';
import { invalidEvent } from './producer/intake.ts';
import { rowMatches, rowOf } from './row.ts';
import type {
  BuiltEvent,
  Ledger,
  LedgerEntry,
  LedgerEvent,
  LedgerListener,
  LedgerQuery,
  LedgerReceipt,
  LedgerRow,
  LedgerState,
} from './types.ts';

export type MemoryLedger = Ledger & {
  /** Everything accepted, in order; position is the index. */
  readonly events: readonly BuiltEvent[];
  /** Switches `append` to E_LEDGER_UNAVAILABLE and back, as a full disk would. */
  readonly setState: (state: LedgerState) => void;
};

const unavailable = (): SallyportError =>
  new SallyportError(ledgerErrors.E_LEDGER_UNAVAILABLE, 'the memory ledger was told to refuse');

const keep = (event: LedgerEvent): BuiltEvent => ({ ...event, ocsf: readEvent(event.ocsf) });

const entryOf = (event: BuiltEvent, index: number): LedgerEntry => ({
  index,
  v: 1,
  class: event.class,
  ocsf: event.ocsf,
});

const queryRows = (events: readonly BuiltEvent[], query: LedgerQuery): readonly LedgerRow[] =>
  events
    .map((event, index) => rowOf(index, event.class, event.ocsf))
    .filter((row) => row.index < (query.before ?? Number.POSITIVE_INFINITY))
    .filter((row) => rowMatches(row, query))
    .reverse()
    .slice(0, query.limit);

type Memory = {
  readonly clock: Clock;
  readonly events: BuiltEvent[];
  readonly erased: Set<number>;
  readonly listeners: Set<LedgerListener>;
  state: LedgerState;
};

const accept = (memory: Memory, event: BuiltEvent): LedgerReceipt => {
  const index = memory.events.push(event) - 1;
  for (const listener of memory.listeners) listener(entryOf(event, index));
  return { index, timeMs: memory.clock.nowMs() };
};

const at = (memory: Memory, index: number): BuiltEvent => {
  const event = memory.events[index];
  if (event !== undefined) return event;
  throw new SallyportError(ledgerErrors.E_LEDGER_NO_ENTRY, `no entry ${index}`);
};

const checkpointText = (memory: Memory): string =>
  `memory.test/ledger\n${memory.events.length}\n\n`;

type Reading = Pick<
  Ledger,
  'checkpoint' | 'proveInclusion' | 'query' | 'read' | 'readRange' | 'personal' | 'subscribe'
>;

const createReading = (memory: Memory): Reading => ({
  checkpoint: async () => checkpointText(memory),
  proveInclusion: async (index) => {
    at(memory, index);
    return `c2sp.org/tlog-proof@v1\nindex ${index}\n\n${checkpointText(memory)}`;
  },
  query: async (query) => queryRows(memory.events, query),
  read: async (index) => entryOf(at(memory, index), index),
  readRange: async (from, count) =>
    memory.events.slice(from, from + count).map((event, offset) => entryOf(event, from + offset)),
  personal: async (index) => {
    const { personal } = at(memory, index);
    if (personal === undefined) return 'none';
    return memory.erased.has(index) ? 'erased' : personal.fields;
  },
  subscribe: (listener) => {
    memory.listeners.add(listener);
    return () => memory.listeners.delete(listener);
  },
});

/** Makes an open, empty ledger. */
export const createMemoryLedger = (clock: Clock = fakeClock()): MemoryLedger => {
  const memory: Memory = {
    clock,
    events: [],
    erased: new Set(),
    listeners: new Set(),
    state: 'open',
  };
  return {
    ...createReading(memory),
    events: memory.events,
    setState: (state) => {
      memory.state = state;
    },
    append: async (event) => {
      if (memory.state === 'refusing') throw unavailable();
      const kept = keep(event);
      const problems = validateOcsf(kept.ocsf);
      if (problems.length > 0) throw invalidEvent(problems);
      return accept(memory, kept);
    },
    record: (event) => {
      const kept = keep(event);
      if (memory.state === 'open' && validateOcsf(kept.ocsf).length === 0) accept(memory, kept);
    },
    state: () => memory.state,
    size: () => memory.events.length,
    eraseSubject: async (subject) => {
      memory.events.forEach((event, index) => {
        if (event.personal?.subject === subject) memory.erased.add(index);
      });
    },
    addCosignature: async () => undefined,
    reportUnfinished: async () => [],
    reindex: async () => memory.events.length,
    createProducerPort: () => new MessageChannel().port1,
    dropped: () => ({ forensic: 0, telemetry: 0 }),
    close: async () => {
      memory.state = 'refusing';
    },
  };
};
