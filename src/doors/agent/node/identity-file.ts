/**
 * The agent's own identity across restarts: one private file with key, chain and bundle. A file that
 * cannot be read or does not fit together is as good as none: the agent attests again.
 */
import { createPrivateKey } from 'node:crypto';
import { join } from 'node:path';
import {
  parseCertificate,
  parseTrustBundle,
  type TrustBundle,
} from '../../../engines/pki/index.ts';
import { decodeBase64, encodeBase64 } from '../../../kernel/base64url.ts';
import { isRefusal } from '../../../kernel/errors.ts';
import { parseSpiffeId, trustDomainOf } from '../../../kernel/ids.ts';
import { isJsonObject, type JsonObject } from '../../../kernel/json-value.ts';
import { parseJson } from '../../../kernel/strict-json.ts';
import {
  ensurePrivateDirectory,
  readPrivateFile,
  writeFileAtomic,
} from '../../../platform/files/index.ts';
import type { OwnIdentity } from '../types.ts';

export type KeptIdentity = {
  readonly own: OwnIdentity;
  readonly bundle: JsonObject;
  readonly trust: TrustBundle;
  readonly isReattestable: boolean;
};

export type IdentityFile = {
  readonly read: () => Promise<KeptIdentity | undefined>;
  readonly write: (kept: Omit<KeptIdentity, 'trust'>) => Promise<void>;
};

const maxBytes = 4 << 20;

const textOf = (value: JsonObject, name: string): string => {
  const found = value[name];
  return typeof found === 'string' ? found : '';
};

/** Puts a chain and its key together; undefined when there is no readable leaf. */
export const toOwnIdentity = (
  facts: Pick<OwnIdentity, 'agentId' | 'chain' | 'privateKey'>,
): OwnIdentity | undefined => {
  const leaf = parseCertificate(facts.chain[0] ?? new Uint8Array(0));
  if (isRefusal(leaf)) return undefined;
  return { ...facts, expiresAtMs: leaf.notAfterMs, notBeforeMs: leaf.notBeforeMs };
};

const parseKept = (bytes: Uint8Array): KeptIdentity | undefined => {
  const value = parseJson(bytes, { maxBytes });
  if (isRefusal(value) || !isJsonObject(value)) return undefined;
  const { bundle, chain } = value;
  const agentId = parseSpiffeId(textOf(value, 'agentId'));
  if (isRefusal(agentId) || !isJsonObject(bundle) || !Array.isArray(chain)) return undefined;
  const trust = parseTrustBundle(trustDomainOf(agentId), JSON.stringify(bundle));
  const ders = chain.flatMap((one) => {
    const der = typeof one === 'string' ? decodeBase64(one) : undefined;
    return der === undefined || isRefusal(der) ? [] : [der];
  });
  if (isRefusal(trust)) return undefined;
  const privateKey = createPrivateKey(textOf(value, 'key'));
  const own = toOwnIdentity({ agentId, chain: ders, privateKey });
  return own && { own, bundle, trust, isReattestable: value['reattestable'] === true };
};

/** The file `agent.json` in a directory that only the agent's user may enter. */
export const createIdentityFile = (directory: string): IdentityFile => {
  const path = join(directory, 'agent.json');
  return {
    read: async () => {
      try {
        await ensurePrivateDirectory(directory);
        return parseKept(await readPrivateFile(path, maxBytes));
      } catch {
        return undefined;
      }
    },
    write: async ({ own, bundle, isReattestable }) => {
      await ensurePrivateDirectory(directory);
      const text = JSON.stringify({
        agentId: own.agentId,
        key: own.privateKey.export({ type: 'pkcs8', format: 'pem' }),
        chain: own.chain.map(encodeBase64),
        bundle,
        reattestable: isReattestable,
      });
      await writeFileAtomic(path, `${text}\n`, { mode: 0o600 });
    },
  };
};
