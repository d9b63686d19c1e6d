/** CBOR (RFC 8949): bounded strict decoder and deterministic encoder in one door. */
export { type CborOptions, decodeCbor, decodeCborPrefix } from './cbor-decode.ts';
export { encodeCbor } from './cbor-encode.ts';
export {
  type CborMap,
  type CborSimple,
  type CborTag,
  type CborValue,
  isCborMap,
  isCborSimple,
  isCborTag,
} from './cbor-value.ts';
