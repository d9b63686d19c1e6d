/** A key store that keeps its ring in memory only and skips Argon2id. For tests. */
import { systemClock, systemRandom } from '../../kernel/effects.ts';
import { createKeyOperations } from './key-operations.ts';
import type { Effects } from './key-ring.ts';
import type { KeyStore } from './types.ts';

export const createMemoryKeyStore = (
  effects: Effects = { clock: systemClock, random: systemRandom },
): KeyStore =>
  createKeyOperations({
    ...effects,
    ring: new Map(),
    persist: () => Promise.resolve(),
    onClose: () => undefined,
  });
