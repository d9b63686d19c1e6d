/** P-256 keys made ahead of time, a few at each idle moment, so that a burst of workloads waits for none. */
import { generateKeyPair, generateKeyPairSync, type KeyObject } from 'node:crypto';

export type WorkloadKey = {
  readonly privateKey: KeyObject;
  /** SubjectPublicKeyInfo. */
  readonly spki: Uint8Array;
};

export type KeyPool = {
  /** A fresh key, from the pool or made now. Each is handed out once. */
  readonly take: () => WorkloadKey;
  readonly size: () => number;
  readonly close: () => void;
};

const maxAtOnce = 2;

const withSpki = (privateKey: KeyObject, publicKey: KeyObject): WorkloadKey => ({
  privateKey,
  spki: publicKey.export({ type: 'spki', format: 'der' }),
});

/** One key now. */
export const makeKey = (): WorkloadKey => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return withSpki(privateKey, publicKey);
};

/** A pool that keeps `target` keys, filled on the thread pool and not on the event loop. */
export const createKeyPool = (target: number): KeyPool => {
  const keys: WorkloadKey[] = [];
  let making = 0;
  let isClosed = false;
  const fill = (): void => {
    while (!isClosed && making < maxAtOnce && keys.length + making < target) {
      making += 1;
      generateKeyPair('ec', { namedCurve: 'P-256' }, (error, publicKey, privateKey) => {
        making -= 1;
        if (error === null && !isClosed) keys.push(withSpki(privateKey, publicKey));
        if (error === null) fill();
      });
    }
  };
  fill();
  return {
    take: () => {
      const key = keys.pop() ?? makeKey();
      fill();
      return key;
    },
    size: () => keys.length,
    close: () => {
      isClosed = true;
      keys.length = 0;
    },
  };
};
