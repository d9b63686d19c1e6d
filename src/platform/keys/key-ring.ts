/**
 * The keys themselves as a plain value: names, versions, material. Every change makes a new ring,
 * so that a failed write leaves the old one in force.
 */
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
} from 'node:crypto';
import type { Clock, Random } from '../../kernel/effects.ts';
import { keyBytes } from './aead.ts';
import type { KeyInfo, SigningAlgorithm } from './types.ts';

/** PKCS#8 DER for signing keys, 32 bytes for wrapping keys; null once destroyed. */
export type KeyVersion = { readonly createdAtMs: number; readonly material: Uint8Array | null };

export type RingKey = {
  readonly use: KeyInfo['use'];
  readonly algorithm: KeyInfo['algorithm'];
  readonly current: number;
  readonly versions: ReadonlyMap<number, KeyVersion>;
};
export type KeyRing = ReadonlyMap<string, RingKey>;

export type Effects = { readonly clock: Clock; readonly random: Random };

const newSigningKey = (algorithm: SigningAlgorithm): Uint8Array => {
  const { privateKey } = signingKeyPair(algorithm);
  return new Uint8Array(privateKey.export({ type: 'pkcs8', format: 'der' }));
};

const signingKeyPair = (algorithm: SigningAlgorithm): { readonly privateKey: KeyObject } => {
  if (algorithm === 'ed25519') return generateKeyPairSync('ed25519');
  if (algorithm === 'ml-dsa-44') return generateKeyPairSync('ml-dsa-44');
  return generateKeyPairSync('ec', { namedCurve: 'P-256' });
};

const newMaterial = (algorithm: KeyInfo['algorithm'], random: Random): Uint8Array =>
  algorithm === 'aes-256-gcm' ? random.bytes(keyBytes) : newSigningKey(algorithm);

/** A ring with one more version of `name`, which becomes the current one. */
export const withNewVersion = (
  ring: KeyRing,
  key: { readonly name: string; readonly algorithm: KeyInfo['algorithm'] },
  effects: Effects,
): KeyRing => {
  const old = ring.get(key.name);
  const version = Math.max(0, ...(old?.versions.keys() ?? [])) + 1;
  const fresh = {
    createdAtMs: effects.clock.nowMs(),
    material: newMaterial(key.algorithm, effects.random),
  };
  const versions = new Map(old?.versions).set(version, fresh);
  const use = key.algorithm === 'aes-256-gcm' ? 'wrapping' : 'signing';
  return new Map(ring).set(key.name, {
    use,
    algorithm: key.algorithm,
    current: version,
    versions,
  });
};

/** A ring in which one version has no material any more. */
export const withoutVersion = (ring: KeyRing, name: string, version: number): KeyRing => {
  const key = ring.get(name);
  const old = key?.versions.get(version);
  if (key === undefined || old === undefined) return ring;
  const versions = new Map(key.versions).set(version, { ...old, material: null });
  return new Map(ring).set(name, { ...key, versions });
};

export const describeKey = (name: string, key: RingKey): KeyInfo => {
  const versions = [...key.versions].sort(([a], [b]) => a - b);
  return {
    name,
    use: key.use,
    algorithm: key.algorithm,
    currentVersion: key.current,
    liveVersions: versions.filter(([, v]) => v.material !== null).map(([n]) => n),
    destroyedVersions: versions.filter(([, v]) => v.material === null).map(([n]) => n),
  };
};

export const privateKeyOf = (pkcs8: Uint8Array): KeyObject =>
  createPrivateKey({ key: Buffer.from(pkcs8), format: 'der', type: 'pkcs8' });

export const publicKeyOf = (pkcs8: Uint8Array): Uint8Array =>
  new Uint8Array(createPublicKey(privateKeyOf(pkcs8)).export({ type: 'spki', format: 'der' }));
