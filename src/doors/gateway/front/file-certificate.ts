/** A listener's certificate from PEM files, for listeners that callers reach by a public name. */
import { SallyportError } from '../../../kernel/errors.ts';
import { Secret } from '../../../kernel/secret.ts';
import type { Identity, ServerTls } from '../../../domains/identity/index.ts';
import { readFileBounded, readPrivateFile } from '../../../platform/files/index.ts';
import { gatewayErrors } from '../errors.ts';
import type { GatewayServerOptions } from '../types.ts';

const maxPemBytes = 256 * 1024;

export type CertificateFiles = {
  readonly certFile?: string | undefined;
  readonly keyFile?: string | undefined;
};

/** Section `server.tls` of the configuration. */
export type ListenerTls = CertificateFiles & {
  readonly mode: 'off' | 'server' | 'optional' | 'required';
};

const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

/**
 * The certificate of the files; undefined when none are named and the own SVID is to be used.
 * Client certificates are judged against the own trust domain either way. Read once: a new
 * certificate takes a restart.
 *
 * @throws SallyportError E_GATEWAY_CERTIFICATE when only one of the two files is named; E_FILE_… when
 *   one cannot be read or others may read the key
 */
const certificateFromFiles = async (
  { certFile, keyFile }: CertificateFiles,
  identity: Pick<Identity, 'serverTls'>,
): Promise<Pick<ServerTls, 'current' | 'onRenewed'> | undefined> => {
  if (certFile === undefined && keyFile === undefined) return undefined;
  if (certFile === undefined || keyFile === undefined)
    throw new SallyportError(
      gatewayErrors.E_GATEWAY_CERTIFICATE,
      'server.tls.certFile and server.tls.keyFile come together',
    );
  const cert = textOf(await readFileBounded(certFile, maxPemBytes));
  const key = new Secret(textOf(await readPrivateFile(keyFile, maxPemBytes)));
  const own = await identity.serverTls();
  const material = { ...own.current(), cert, key };
  own.close();
  return { current: () => material, onRenewed: () => () => undefined };
};

/** What `createServer` takes for a listener configured like this. Throws as above. */
export const listenerTls = async (
  { mode, ...files }: ListenerTls,
  identity: Pick<Identity, 'serverTls'>,
): Promise<Pick<GatewayServerOptions, 'tls'>> => {
  if (mode === 'off') return {};
  const certificate = await certificateFromFiles(files, identity);
  const clientCertificates = mode === 'server' ? 'off' : mode;
  return { tls: { clientCertificates, ...(certificate === undefined ? {} : { certificate }) } };
};
