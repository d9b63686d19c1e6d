/** A new key, its certificate request, and the three files of an X.509-SVID. */
import { generateKeyPairSync, sign } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createCertificateRequest, encodePem } from '../../engines/pki/index.ts';
import type { JsonObject } from '../../kernel/json-value.ts';
import { Secret } from '../../kernel/secret.ts';
import { writeFileAtomic } from '../../platform/files/index.ts';
import { field, listField, textsField } from './answer.ts';
import type { Client } from './client.ts';

export type KeyAndRequest = {
  /** PKCS#8. */
  readonly keyPem: Secret;
  readonly csrPem: string;
};

/** Makes a P-256 key that never leaves this machine, and its certificate request. */
export const makeKeyAndRequest = (): KeyAndRequest => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const request = createCertificateRequest({
    spki: publicKey.export({ type: 'spki', format: 'der' }),
    sign: (data) => sign('sha256', data, privateKey),
  });
  return {
    keyPem: new Secret(privateKey.export({ type: 'pkcs8', format: 'pem' }) as string),
    csrPem: encodePem('CERTIFICATE REQUEST', request),
  };
};

export type SvidAnswer = {
  readonly client: Client;
  readonly keyPem: Secret;
  readonly svid: JsonObject;
};

/** Writes `svid-key.pem` (0600), `svid.pem` and `bundle.pem` into a directory; returns their paths. */
export const writeSvidFiles = async (
  directory: string,
  { client, keyPem, svid }: SvidAnswer,
): Promise<readonly string[]> => {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const files: readonly (readonly [string, string, number])[] = [
    ['svid-key.pem', keyPem.reveal(), 0o600],
    ['svid.pem', field(svid, 'chainPem', 'string'), 0o644],
    ['bundle.pem', await fetchBundlePem(client), 0o644],
  ];
  for (const [name, content, mode] of files)
    await writeFileAtomic(join(directory, name), content, { mode });
  return files.map(([name]) => join(directory, name));
};

const fetchBundlePem = async (client: Client): Promise<string> => {
  const bundle = await client.call('GET', '/api/v1/bundle');
  return listField(bundle, 'keys')
    .filter((key) => key['use'] === 'x509-svid')
    .flatMap((key) => textsField(key, 'x5c'))
    .map((der) => encodePem('CERTIFICATE', Buffer.from(der, 'base64')))
    .join('');
};
