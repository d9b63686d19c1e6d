/** Keys: signing and wrapping keys with versions, sealed at rest, destroyable. */
export { keysErrors } from './errors.ts';
export { createMemoryKeyStore } from './fake.ts';
export { openKeyStore } from './open-key-store.ts';
export type { OpenKeyStoreOptions } from './open-key-store.ts';
export type { DataKey, KeyInfo, KeyStore, SigningAlgorithm } from './types.ts';
