/** The key ring as bytes: canonical JSON with base64url material. Total on every input. */
import { decodeBase64Url, encodeBase64Url } from '../../kernel/base64url.ts';
import { canonicalJson } from '../../kernel/canonical-json.ts';
import { isRefusal } from '../../kernel/errors.ts';
import { z } from 'zod';
import type { KeyRing, KeyVersion, RingKey } from './key-ring.ts';

const material = z.string().transform((text, context): Uint8Array => {
  const bytes = decodeBase64Url(text);
  if (!isRefusal(bytes)) return bytes;
  context.addIssue({ code: 'custom', message: 'material is not base64url' });
  return z.NEVER;
});

const ringSchema = z.strictObject({
  keys: z.array(
    z.strictObject({
      name: z.string(),
      use: z.enum(['signing', 'wrapping']),
      algorithm: z.enum(['ed25519', 'ml-dsa-44', 'ecdsa-p256', 'aes-256-gcm']),
      current: z.int().min(1),
      versions: z.array(
        z.strictObject({
          version: z.int().min(1),
          createdAtMs: z.int(),
          material: material.nullable(),
        }),
      ),
    }),
  ),
});

const versionRow = ([version, value]: readonly [number, KeyVersion]) => ({
  version,
  createdAtMs: value.createdAtMs,
  material: value.material === null ? null : encodeBase64Url(value.material),
});

export const encodeRing = (ring: KeyRing): Uint8Array => {
  const keys = [...ring].map(([name, key]) => ({
    name,
    use: key.use,
    algorithm: key.algorithm,
    current: key.current,
    versions: [...key.versions].map(versionRow),
  }));
  return new TextEncoder().encode(canonicalJson({ keys }));
};

/** The ring, or undefined when the bytes are none. */
export const decodeRing = (bytes: Uint8Array): KeyRing | undefined => {
  const parsed = ringSchema.safeParse(parseOrUndefined(bytes));
  if (!parsed.success) return undefined;
  const ring = new Map<string, RingKey>();
  for (const { name, versions, ...key } of parsed.data.keys) {
    const byVersion = versions.map(({ version, ...value }): [number, KeyVersion] => [
      version,
      value,
    ]);
    ring.set(name, { ...key, versions: new Map(byVersion) });
  }
  return ring;
};

const parseOrUndefined = (bytes: Uint8Array): unknown => {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
};
