/** Messages of the Workload API by their field numbers (field tables of the standard). */
import { bytesField, message, reader } from './wire.ts';

export const paths = {
  x509: '/SpiffeWorkloadAPI/FetchX509SVID',
  x509Bundles: '/SpiffeWorkloadAPI/FetchX509Bundles',
  jwt: '/SpiffeWorkloadAPI/FetchJWTSVID',
  jwtBundles: '/SpiffeWorkloadAPI/FetchJWTBundles',
  validate: '/SpiffeWorkloadAPI/ValidateJWTSVID',
  wit: '/SpiffeWorkloadAPI/FetchWITSVID',
  witBundles: '/SpiffeWorkloadAPI/FetchWITBundles',
} as const;

export const security = { 'workload.spiffe.io': 'true' } as const;

export type WireX509Svid = {
  readonly spiffeId: string;
  readonly chain: Buffer;
  readonly key: Buffer;
  readonly bundle: Buffer;
  readonly hint: string;
};

export const readX509Response = (bytes: Buffer) => {
  const fields = reader(bytes);
  return {
    svids: fields.all(1).map((svid): WireX509Svid => {
      const inner = reader(svid);
      return {
        spiffeId: inner.text(1),
        chain: inner.bytes(2),
        key: inner.bytes(3),
        bundle: inner.bytes(4),
        hint: inner.text(5),
      };
    }),
    crls: fields.all(2),
    federated: fields.map(3),
  };
};

export const readX509Bundles = (bytes: Buffer) => {
  const fields = reader(bytes);
  return { crls: fields.all(1), bundles: fields.map(2) };
};

/** JWTBundlesResponse and WITBundlesResponse: the same numbers, bytes and text. */
export const readJwkBundles = (bytes: Buffer): ReadonlyMap<string, Buffer> => reader(bytes).map(1);

export const jwtRequest = (audience: readonly string[], spiffeId = ''): Buffer =>
  message(
    ...audience.map((one) => bytesField(1, one)),
    ...(spiffeId === '' ? [] : [bytesField(2, spiffeId)]),
  );

export const readJwtResponse = (bytes: Buffer) =>
  reader(bytes)
    .all(1)
    .map((svid) => {
      const inner = reader(svid);
      return { spiffeId: inner.text(1), svid: inner.text(2), hint: inner.text(3) };
    });

export const validateRequest = (audience: string, svid: string): Buffer =>
  message(bytesField(1, audience), bytesField(2, svid));

/** A google.protobuf.Value, as far as claims need it. */
const readValue = (bytes: Buffer): unknown => {
  const value = reader(bytes);
  if (value.has(2)) return value.double(2);
  if (value.has(3)) return value.text(3);
  if (value.has(4)) return value.varint(4) === 1n;
  if (value.has(5)) return readStruct(value.bytes(5));
  if (value.has(6))
    return reader(value.bytes(6))
      .all(1)
      .map((item) => readValue(item));
  return null;
};

const readStruct = (bytes: Buffer): Record<string, unknown> =>
  Object.fromEntries(Array.from(reader(bytes).map(1), ([name, value]) => [name, readValue(value)]));

export const readValidateResponse = (bytes: Buffer) => {
  const fields = reader(bytes);
  return { spiffeId: fields.text(1), claims: readStruct(fields.bytes(2)) };
};

export const witRequest = (spiffeId = ''): Buffer =>
  spiffeId === '' ? Buffer.alloc(0) : bytesField(1, spiffeId);

export const readWitResponse = (bytes: Buffer) =>
  reader(bytes)
    .all(1)
    .map((svid) => {
      const inner = reader(svid);
      const [witSvid, key] = [inner.text(2), inner.text(3)];
      return { spiffeId: inner.text(1), svid: witSvid, key, hint: inner.text(4) };
    });
