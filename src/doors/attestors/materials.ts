/**
 * Certificates and keys from the files that the configuration names. What cannot be used is told at
 * start, with the configuration key that named it.
 */
import { createPublicKey, X509Certificate } from 'node:crypto';
import {
  type Certificate,
  decodePem,
  exportPublicJwk,
  importPublicJwk,
  parseCertificatesPem,
} from '../../engines/pki/index.ts';
import { isRefusal, orThrow, SallyportError } from '../../kernel/errors.ts';
import { isJsonObject, type JsonObject } from '../../kernel/json-value.ts';
import { parseJson } from '../../kernel/strict-json.ts';
import { configErrors } from '../../platform/config/index.ts';
import { readFileBounded } from '../../platform/files/index.ts';
import { reasonOf } from './request-json.ts';

const maxFileBytes = 512 * 1024;

/** A file as text. @throws SallyportError E_FILE_UNREADABLE or E_FILE_TOO_LARGE */
export const readTextBounded = async (path: string): Promise<string> =>
  new TextDecoder().decode(await readFileBounded(path, maxFileBytes));

/**
 * Runs work on behalf of a configuration key.
 *
 * @throws SallyportError E_CONFIG_INVALID that names the key, for whatever the work throws
 */
export const onBehalfOf = async <T>(key: string, work: () => Promise<T>): Promise<T> => {
  try {
    return await work();
  } catch (cause) {
    const why = reasonOf(cause);
    throw new SallyportError(configErrors.E_CONFIG_INVALID, `attestation.${key}: ${why}`, {
      cause,
      data: { problems: [{ key: `attestation.${key}`, place: '', message: why }] },
    });
  }
};

/** All certificates of a PEM file; at least one. */
export const readCertificates = async (path: string): Promise<readonly Certificate[]> => {
  const certificates = orThrow(parseCertificatesPem(await readTextBounded(path)));
  if (certificates.length === 0) throw new Error(`${path} holds no certificate`);
  return certificates;
};

/** As `readCertificates`; each must be an authority that path validation can use. */
export const readAuthorities = async (path: string): Promise<readonly Certificate[]> => {
  const certificates = await readCertificates(path);
  for (const [index, { extensions }] of certificates.entries()) {
    const which = `certificate ${index + 1} of ${path}`;
    if (extensions.basicConstraints?.isCa !== true) throw new Error(`${which} is no authority`);
    if (extensions.nameConstraints !== undefined)
      throw new Error(`${which} has name constraints, which are not supported here`);
  }
  return certificates;
};

/** Authorities for TLS stay text, comments and all; that there is one is checked. */
export const checkAuthoritiesPem = async (path: string): Promise<void> => {
  const text = await readTextBounded(path);
  if (!text.includes('-----BEGIN ')) throw new Error(`${path} holds no PEM certificate`);
  new X509Certificate(text);
};

const fromPem = (text: string): JsonObject => {
  const keys = orThrow(decodePem(text, 'PUBLIC KEY')).map((der) =>
    createPublicKey({ key: Buffer.from(der), format: 'der', type: 'spki' }),
  );
  return { keys: keys.map(exportPublicJwk) };
};

/** A JWKS file, or PEM public keys as one; each key must be usable. */
export const readKeySet = async (path: string): Promise<JsonObject> => {
  const text = await readTextBounded(path);
  const value = text.includes('-----BEGIN') ? fromPem(text) : orThrow(parseJson(text));
  const keys = isJsonObject(value) ? value['keys'] : undefined;
  if (!isJsonObject(value) || !Array.isArray(keys) || keys.length === 0)
    throw new Error(`${path} holds no keys`);
  const usable = keys.filter((key) => isJsonObject(key) && !isRefusal(importPublicJwk(key)));
  if (usable.length === 0) throw new Error(`${path} holds no public key that can be used`);
  return value;
};
