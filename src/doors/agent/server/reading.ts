/** Reading the server's answers (seam 2): everything is checked, what does not fit is a refusal. */
import { decodeBase64 } from '../../../kernel/base64url.ts';
import { isRefusal, orThrow, refuse, SallyportError } from '../../../kernel/errors.ts';
import { parseSpiffeId, parseTrustDomain, type SpiffeId } from '../../../kernel/ids.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../../kernel/json-value.ts';
import { agentErrors } from '../errors.ts';
import type { AgentCredentials, AgentEntry, BundleNews, News, SvidAnswer } from '../types.ts';

/** Thrown inside readers and caught in `reading`. */
const wrong = (what: string): SallyportError =>
  new SallyportError(agentErrors.E_AGENT_ANSWER, `the server's answer has no usable ${what}`);

/** Runs a reader; what it could not read becomes a refusal. */
export const reading = <T>(read: () => T) => {
  try {
    return read();
  } catch (error) {
    if (error instanceof SallyportError) return refuse(agentErrors.E_AGENT_ANSWER, error.message);
    throw error;
  }
};

const text = (value: JsonObject, name: string): string => {
  const found = value[name];
  if (typeof found !== 'string') throw wrong(name);
  return found;
};
const count = (value: JsonObject, name: string): number => {
  const found = value[name];
  if (typeof found !== 'number' || !Number.isSafeInteger(found) || found < 0) throw wrong(name);
  return found;
};
const list = (value: JsonObject, name: string): readonly JsonValue[] => {
  const found = value[name];
  if (!Array.isArray(found)) throw wrong(name);
  return found as readonly JsonValue[];
};
const objects = (value: JsonObject, name: string): readonly JsonObject[] =>
  list(value, name).map((item) => {
    if (!isJsonObject(item)) throw wrong(name);
    return item;
  });
const texts = (value: JsonObject, name: string): readonly string[] =>
  list(value, name).map((item) => {
    if (typeof item !== 'string') throw wrong(name);
    return item;
  });
const object = (value: JsonObject, name: string): JsonObject => {
  const found = value[name];
  if (!isJsonObject(found)) throw wrong(name);
  return found;
};
const bytes = (encoded: readonly string[], name: string): readonly Uint8Array[] =>
  encoded.map((one) => {
    const der = decodeBase64(one);
    if (isRefusal(der)) throw wrong(name);
    return der;
  });
const spiffeId = (value: JsonObject, name: string): SpiffeId => {
  const id = parseSpiffeId(text(value, name));
  if (isRefusal(id)) throw wrong(name);
  return id;
};

const readEntry = (value: JsonObject): AgentEntry => ({
  id: text(value, 'id'),
  spiffeId: spiffeId(value, 'spiffeId'),
  selectors: texts(value, 'selectors'),
  x509TtlSeconds: count(value, 'x509TtlSeconds'),
  jwtTtlSeconds: count(value, 'jwtTtlSeconds'),
  federatesWith: texts(value, 'federatesWith').map((name) => orThrow(parseTrustDomain(name))),
  hint: text(value, 'hint'),
  revision: count(value, 'revision'),
  isGroup: isJsonObject(value['group']),
});

const readBundle = (value: JsonObject): BundleNews => ({
  trustDomain: orThrow(parseTrustDomain(text(value, 'trustDomain'))),
  jwks: object(value, 'jwks'),
});

const readFacts = (value: JsonObject) => ({
  ...(value['bundles'] === undefined ? {} : { bundles: objects(value, 'bundles').map(readBundle) }),
  ...(value['crls'] === undefined ? {} : { crls: bytes(texts(value, 'crls'), 'crls') }),
  ...(value['tainted'] === undefined ? {} : { tainted: texts(value, 'tainted') }),
});

/** One line of the stream; undefined for a type that a newer server may have. */
export const readNews = (value: JsonObject): News | undefined => {
  switch (value['type']) {
    case 'state':
      return {
        type: 'state',
        revision: count(value, 'revision'),
        entries: objects(value, 'entries').map(readEntry),
        ttlMs: count(value, 'ttlMs'),
        bundles: [],
        crls: [],
        ...readFacts(value),
      };
    case 'change':
      return {
        type: 'change',
        revision: count(value, 'revision'),
        entries: objects(value, 'entries').map(readEntry),
        removed: texts(value, 'removed'),
        ...readFacts(value),
      };
    case 'alive':
      return {
        type: 'alive',
        revision: count(value, 'revision'),
        timeMs: count(value, 'timeMs'),
      };
    case 'end':
      return { type: 'end', reason: text(value, 'reason').slice(0, 512) };
    default:
      return undefined;
  }
};

/** Agent id (when it is there), chain and bundle. */
export const readCredentials = (
  value: JsonObject,
  known?: SpiffeId,
): Omit<AgentCredentials, 'isReattestable'> => ({
  agentId: known ?? spiffeId(value, 'agentId'),
  chain: bytes(texts(value, 'chain'), 'chain'),
  bundle: object(value, 'bundle'),
});

const readSvid = (value: JsonObject): SvidAnswer => {
  const error = value['error'];
  if (!isJsonObject(error))
    return {
      chain: bytes(texts(value, 'chain'), 'chain'),
      expiresAtMs: count(value, 'expiresAtMs'),
    };
  const code = text(error, 'code');
  const kind = { ...agentErrors.E_AGENT_ANSWER, title: 'The server refuses an SVID' };
  const detail = typeof error['detail'] === 'string' ? error['detail'] : '';
  return refuse({ ...kind, code: code.startsWith('E_') ? (code as 'E_X') : kind.code }, detail);
};

/** As many answers as requests, in their order. */
export const readSvids = (value: JsonObject, wanted: readonly string[]): readonly SvidAnswer[] => {
  const svids = objects(value, 'svids');
  const isWhole =
    svids.length === wanted.length && svids.every((svid, at) => svid['entryId'] === wanted[at]);
  if (!isWhole) throw wrong('list of SVIDs');
  return svids.map(readSvid);
};

export const readToken = (value: JsonObject) => ({
  token: text(value, 'token'),
  expiresAtMs: count(value, 'expiresAtMs'),
});

export const readAttestation = (value: JsonObject) => ({
  kind: 'credentials' as const,
  ...readCredentials(value),
  isReattestable: value['reattestable'] === true,
});
