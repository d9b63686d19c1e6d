/** What every key management adapter promises; the embedded store is one of them. */
import type { Secret } from '../../kernel/secret.ts';

export type SigningAlgorithm = 'ed25519' | 'ml-dsa-44' | 'ecdsa-p256';

/** What may be shown of a key: never its material. */
export type KeyInfo = {
  readonly name: string;
  readonly use: 'signing' | 'wrapping';
  readonly algorithm: SigningAlgorithm | 'aes-256-gcm';
  /** The version that signs and wraps now. */
  readonly currentVersion: number;
  /** Versions that still open and verify, ascending. */
  readonly liveVersions: readonly number[];
  readonly destroyedVersions: readonly number[];
};

/** A fresh 32-byte key, in the clear for use now and wrapped for keeping. */
export type DataKey = {
  readonly plaintext: Secret<Uint8Array>;
  readonly wrapped: Uint8Array;
};

/**
 * Signing and wrapping keys by name, with versions. All methods reject with E_KEYS_UNKNOWN for a
 * name or version that does not exist or was destroyed, and with E_KEYS_CLOSED after `close`.
 */
export type KeyStore = {
  /** Creates the key unless it exists. Rejects with E_KEYS_MISMATCH when it is of another kind. */
  readonly ensureSigningKey: (name: string, algorithm: SigningAlgorithm) => Promise<KeyInfo>;
  readonly ensureWrappingKey: (name: string) => Promise<KeyInfo>;
  /** Adds a version and makes it current; older ones keep opening and verifying. */
  readonly rotate: (name: string) => Promise<KeyInfo>;
  readonly list: () => readonly KeyInfo[];
  /** SubjectPublicKeyInfo, DER; of the current version unless one is named. */
  readonly publicKey: (name: string, version?: number) => Promise<Uint8Array>;
  /** Signs with the current version. P-256: SHA-256, DER; Ed25519 and ML-DSA: pure, raw. */
  readonly sign: (name: string, data: Uint8Array) => Promise<Uint8Array>;
  /** PKCS#8, DER, of the current version, for a thread of our own that signs by itself. */
  readonly exportSigningKey: (name: string) => Promise<Secret<Uint8Array>>;
  readonly generateDataKey: (name: string) => Promise<DataKey>;
  readonly wrap: (name: string, plaintext: Secret<Uint8Array>) => Promise<Uint8Array>;
  /** Rejects with E_KEYS_UNWRAP when the bytes were not wrapped by this key or were changed. */
  readonly unwrap: (name: string, wrapped: Uint8Array) => Promise<Secret<Uint8Array>>;
  /** The same plaintext under the current version. */
  readonly rewrap: (name: string, wrapped: Uint8Array) => Promise<Uint8Array>;
  /**
   * Destroys one version for good: what was wrapped under it can never be opened again. When it
   * was the current one, a new version takes its place.
   */
  readonly destroyVersion: (name: string, version: number) => Promise<void>;
  readonly close: () => Promise<void>;
};
