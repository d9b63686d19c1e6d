/** Fetching what the socket hands out, once per check. */
import assert from 'node:assert/strict';
import type { GrpcClient } from '../client/grpc.ts';
import {
  jwtRequest,
  paths,
  readJwkBundles,
  readJwtResponse,
  readWitResponse,
  readX509Bundles,
  readX509Response,
} from '../client/workload-messages.ts';
import type { Target } from '../types.ts';

/** A connection for one check. */
export const withClient = async <T>(
  target: Target,
  use: (client: GrpcClient) => Promise<T>,
  metadata?: Readonly<Record<string, string>>,
): Promise<T> => {
  const client = target.connect(metadata);
  try {
    return await use(client);
  } finally {
    await client.close();
  }
};

const first = (target: Target, path: string, request?: Uint8Array): Promise<Buffer> =>
  withClient(target, async (client) => {
    const answer = await client.first(path, request);
    assert.equal(answer.code, 'OK', `${path}: ${answer.code} ${answer.message}`);
    const [message] = answer.messages;
    assert.ok(message, `${path}: no message`);
    return message;
  });

/** An empty answer passes no check that looks at every element. */
const filled = <T extends { readonly length: number } | { readonly size: number }>(items: T): T => {
  assert.ok(('size' in items ? items.size : items.length) > 0, 'the answer is empty');
  return items;
};

export const fetchX509 = async (target: Target) => {
  const response = readX509Response(await first(target, paths.x509));
  filled(response.svids);
  return response;
};

export const fetchX509Bundles = async (target: Target) => {
  const response = readX509Bundles(await first(target, paths.x509Bundles));
  filled(response.bundles);
  return response;
};

export const fetchJwt = async (target: Target, audience: readonly string[] = ['test'], id = '') =>
  filled(readJwtResponse(await first(target, paths.jwt, jwtRequest(audience, id))));

export const fetchJwtBundles = async (target: Target) =>
  filled(readJwkBundles(await first(target, paths.jwtBundles)));

/** Undefined when the implementation has no WIT profile (WL-16). */
export const fetchWit = (target: Target) =>
  withClient(target, async (client) => {
    const answer = await client.first(paths.wit);
    if (answer.code === 'UNIMPLEMENTED') return undefined;
    assert.equal(answer.code, 'OK', answer.message);
    return filled(readWitResponse(answer.messages[0] ?? Buffer.alloc(0)));
  });

export const fetchWitBundles = (target: Target) =>
  withClient(target, async (client) => {
    const answer = await client.first(paths.witBundles);
    if (answer.code === 'UNIMPLEMENTED') return undefined;
    assert.equal(answer.code, 'OK', answer.message);
    return filled(readJwkBundles(answer.messages[0] ?? Buffer.alloc(0)));
  });

type JsonRecord = Readonly<Record<string, unknown>>;

export const asRecord = (value: unknown, what: string): JsonRecord => {
  assert.ok(typeof value === 'object' && value !== null && !Array.isArray(value), what);
  return value as JsonRecord;
};

export const asRecords = (value: unknown, what: string): readonly JsonRecord[] => {
  assert.ok(Array.isArray(value), what);
  return value.map((item) => asRecord(item, what));
};

/** Header and claims of a compact JWS, not verified. */
export const readToken = (token: string) => {
  const parts = token.split('.');
  assert.equal(parts.length, 3, 'not a compact serialization');
  const read = (part = ''): JsonRecord => {
    assert.match(part, /^[A-Za-z0-9_-]+$/);
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString());
    return asRecord(value, 'token part');
  };
  return { header: read(parts[0]), claims: read(parts[1]), signature: parts[2] ?? '' };
};

/** The keys of a JWK set. */
export const readKeys = (document: Buffer): readonly JsonRecord[] => {
  const value: unknown = JSON.parse(document.toString());
  return asRecords(asRecord(value, 'JWK set')['keys'], 'keys');
};

export const joseAlgorithms: readonly string[] = ['RS', 'ES', 'PS'].flatMap((family) =>
  ['256', '384', '512'].map((size) => family + size),
);
