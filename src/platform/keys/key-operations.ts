/**
 * Every operation of a key store over a ring in memory. `persist` makes a changed ring durable
 * before it comes into force; changes happen one at a time.
 */
import { type KeyObject, sign as signWith } from 'node:crypto';
import { SallyportError } from '../../kernel/errors.ts';
import { Secret } from '../../kernel/secret.ts';
import { keyBytes, open, type Sealing, seal } from './aead.ts';
import { keysErrors } from './errors.ts';
import {
  describeKey,
  type Effects,
  type KeyRing,
  privateKeyOf,
  publicKeyOf,
  type RingKey,
  withNewVersion,
  withoutVersion,
} from './key-ring.ts';
import type { KeyInfo, KeyStore, SigningAlgorithm } from './types.ts';

export type KeyOperationsOptions = Effects & {
  readonly ring: KeyRing;
  readonly persist: (ring: KeyRing) => Promise<void>;
  readonly onClose: () => void;
};

/** First bytes of everything wrapped here: format 1, then the key's version (u32be). */
const wrapFormat = 1;
const wrapHeaderBytes = 5;

const unknownKey = (name: string, version?: number): SallyportError =>
  new SallyportError(
    keysErrors.E_KEYS_UNKNOWN,
    version === undefined ? `no key ${name}` : `no version ${version} of key ${name}`,
  );

const wrapHeader = (version: number): Uint8Array => {
  const header = new Uint8Array(wrapHeaderBytes);
  header[0] = wrapFormat;
  new DataView(header.buffer).setUint32(1, version);
  return header;
};

const wrapSealing = (name: string, version: number, key: Uint8Array): Sealing => ({
  key,
  additionalData: new TextEncoder().encode(`sallyport-wrap\0${version}\0${name}`),
});

/** Looks things up in the ring in force; everything that is not there is an error. */
const createLookup = (ringNow: () => KeyRing) => {
  const key = (name: string, use: KeyInfo['use']): RingKey => {
    const found = ringNow().get(name);
    if (found === undefined) throw unknownKey(name);
    if (found.use === use) return found;
    throw new SallyportError(keysErrors.E_KEYS_MISMATCH, `key ${name} is a ${found.use} key`);
  };
  const material = (name: string, use: KeyInfo['use'], version?: number) => {
    const found = key(name, use);
    const number = version ?? found.current;
    const bytes = found.versions.get(number)?.material;
    if (bytes === undefined || bytes === null) throw unknownKey(name, number);
    return { version: number, bytes };
  };
  return { material };
};

/** Serialises changes: each sees the ring that the one before left. */
const createRingCell = (options: KeyOperationsOptions) => {
  let ring = options.ring;
  let isClosed = false;
  let queue: Promise<unknown> = Promise.resolve();
  const now = (): KeyRing => {
    if (isClosed) throw new SallyportError(keysErrors.E_KEYS_CLOSED, 'the key store was closed');
    return ring;
  };
  const change = (alter: (ring: KeyRing) => KeyRing): Promise<KeyRing> => {
    const result = queue.then(async () => {
      const changed = alter(now());
      if (changed !== ring) await options.persist(changed);
      ring = changed;
      return changed;
    });
    queue = result.catch(() => undefined);
    return result;
  };
  const close = async (): Promise<void> => {
    await queue;
    isClosed = true;
    ring = new Map();
    options.onClose();
  };
  return { now, change, close };
};

type RingCell = ReturnType<typeof createRingCell>;
type Lookup = ReturnType<typeof createLookup>;

const ensureKey =
  (cell: RingCell, effects: Effects) =>
  async (name: string, algorithm: KeyInfo['algorithm']): Promise<KeyInfo> => {
    const ring = await cell.change((current) =>
      current.has(name) ? current : withNewVersion(current, { name, algorithm }, effects),
    );
    const key = ring.get(name);
    if (key?.algorithm === algorithm) return describeKey(name, key);
    throw new SallyportError(
      keysErrors.E_KEYS_MISMATCH,
      `key ${name} is ${key?.algorithm ?? 'absent'}, not ${algorithm}`,
    );
  };

const signingOperations = (lookup: Lookup) => {
  const parsed = new WeakMap<Uint8Array, KeyObject>();
  const privateKey = (bytes: Uint8Array): KeyObject => {
    const known = parsed.get(bytes);
    if (known !== undefined) return known;
    const key = privateKeyOf(bytes);
    parsed.set(bytes, key);
    return key;
  };
  return {
    publicKey: async (name: string, version?: number) =>
      publicKeyOf(lookup.material(name, 'signing', version).bytes),
    sign: async (name: string, data: Uint8Array) => {
      const key = privateKey(lookup.material(name, 'signing').bytes);
      const digest = key.asymmetricKeyType === 'ec' ? 'sha256' : null;
      return new Uint8Array(signWith(digest, data, key));
    },
    exportSigningKey: async (name: string) =>
      new Secret<Uint8Array>(Uint8Array.from(lookup.material(name, 'signing').bytes)),
  };
};

const wrappingOperations = (lookup: Lookup, { random }: Effects) => {
  const wrap = async (name: string, plaintext: Secret<Uint8Array>): Promise<Uint8Array> => {
    const { version, bytes } = lookup.material(name, 'wrapping');
    const sealed = seal(wrapSealing(name, version, bytes), plaintext.reveal(), random);
    return new Uint8Array(Buffer.concat([wrapHeader(version), sealed]));
  };
  const unwrap = async (name: string, wrapped: Uint8Array): Promise<Secret<Uint8Array>> => {
    const failed = () =>
      new SallyportError(keysErrors.E_KEYS_UNWRAP, `bytes were not wrapped by key ${name}`);
    if (wrapped.length < wrapHeaderBytes || wrapped[0] !== wrapFormat) throw failed();
    const version = new DataView(wrapped.buffer, wrapped.byteOffset).getUint32(1);
    const { bytes } = lookup.material(name, 'wrapping', version);
    const plaintext = open(wrapSealing(name, version, bytes), wrapped.subarray(wrapHeaderBytes));
    if (plaintext === undefined) throw failed();
    return new Secret<Uint8Array>(plaintext);
  };
  const generateDataKey = async (name: string) => {
    const plaintext = new Secret<Uint8Array>(random.bytes(keyBytes));
    return { plaintext, wrapped: await wrap(name, plaintext) };
  };
  const rewrap = async (name: string, wrapped: Uint8Array): Promise<Uint8Array> => {
    const plaintext = await unwrap(name, wrapped);
    const fresh = await wrap(name, plaintext);
    plaintext.wipe();
    return fresh;
  };
  return { wrap, unwrap, generateDataKey, rewrap };
};

const lifecycleOperations = (cell: RingCell, effects: Effects) => {
  const existing = (ring: KeyRing, name: string): RingKey => {
    const key = ring.get(name);
    if (key === undefined) throw unknownKey(name);
    return key;
  };
  return {
    list: () => [...cell.now()].map(([name, key]) => describeKey(name, key)),
    rotate: async (name: string): Promise<KeyInfo> => {
      const ring = await cell.change((current) => {
        const { algorithm } = existing(current, name);
        return withNewVersion(current, { name, algorithm }, effects);
      });
      return describeKey(name, existing(ring, name));
    },
    destroyVersion: async (name: string, version: number): Promise<void> => {
      await cell.change((current) => {
        const key = existing(current, name);
        if (!key.versions.get(version)?.material) throw unknownKey(name, version);
        const without = withoutVersion(current, name, version);
        if (key.current !== version) return without;
        return withNewVersion(without, { name, algorithm: key.algorithm }, effects);
      });
    },
  };
};

/** A key store over a ring. */
export const createKeyOperations = (options: KeyOperationsOptions): KeyStore => {
  const cell = createRingCell(options);
  const lookup = createLookup(cell.now);
  const ensure = ensureKey(cell, options);
  return {
    ensureSigningKey: (name: string, algorithm: SigningAlgorithm) => ensure(name, algorithm),
    ensureWrappingKey: (name: string) => ensure(name, 'aes-256-gcm'),
    ...lifecycleOperations(cell, options),
    ...signingOperations(lookup),
    ...wrappingOperations(lookup, options),
    close: cell.close,
  };
};
