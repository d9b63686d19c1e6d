/** Files for other programs, made from what the Workload API answers and from nothing else. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFakeWorkloadSource } from '../../../src/doors/workload-api/fake.ts';
import { serveWorkloadApi } from '../../../src/doors/workload-api/index.ts';
import { createMemoryLog } from '../../../src/platform/log/fake.ts';
import { splitDer } from '../spiffe/client/der.ts';
import { grpcClient } from '../spiffe/client/grpc.ts';
import {
  paths,
  readX509Response,
  security,
  type WireX509Svid,
} from '../spiffe/client/workload-messages.ts';

export type PemIdentity = {
  readonly spiffeId: string;
  readonly cert: string;
  readonly key: string;
  /** Paths of the same. */
  readonly certFile: string;
  readonly keyFile: string;
};

export type Material = {
  readonly directory: string;
  /** What a server shows. */
  readonly server: PemIdentity;
  readonly client: PemIdentity;
  /** An identity of another trust domain; peers must refuse it. */
  readonly stranger: PemIdentity;
  readonly ca: string;
  readonly caFile: string;
  readonly close: () => void;
};

const pem = (label: string, der: Buffer): string =>
  `-----BEGIN ${label}-----\n${der
    .toString('base64')
    .replace(/(.{64})/g, '$1\n')
    .trim()}\n-----END ${label}-----\n`;
const certificates = (ders: Buffer): string =>
  splitDer(ders)
    .map(({ raw }) => pem('CERTIFICATE', raw))
    .join('');

const fetchSvids = async (domain: string, directory: string): Promise<readonly WireX509Svid[]> => {
  const path = join(directory, `${domain}.sock`);
  const api = await serveWorkloadApi({
    source: createFakeWorkloadSource({ domain, federated: [] }),
    places: [{ kind: 'unix', path }],
    identify: () => ({ uid: 1000, gid: 1000, pid: 4242, socket: path }),
    log: createMemoryLog(),
  });
  const client = grpcClient(`unix:${path}`, security);
  const { messages } = await client.first(paths.x509);
  await client.close();
  await api.close();
  return readX509Response(messages[0] ?? Buffer.alloc(0)).svids;
};

/** Identities `/web` (server) and `/api` (client) of one domain, `/web` of another (stranger). */
export const fetchMaterial = async (): Promise<Material> => {
  const directory = mkdtempSync(join(tmpdir(), 'oracle-'));
  const write = (name: string, text: string): string => {
    const file = join(directory, name);
    writeFileSync(file, text, { mode: 0o600 });
    return file;
  };
  const identity = (name: string, svid: WireX509Svid | undefined): PemIdentity => {
    if (svid === undefined) throw new Error('no SVID');
    const cert = certificates(svid.chain);
    const key = pem('PRIVATE KEY', svid.key);
    const certFile = write(`${name}.crt`, cert);
    const keyFile = write(`${name}.key`, key);
    return { spiffeId: svid.spiffeId, cert, key, certFile, keyFile };
  };
  const [server, client] = await fetchSvids('oracle.test', directory);
  const [stranger] = await fetchSvids('stranger.test', directory);
  const ca = certificates(server?.bundle ?? Buffer.alloc(0));
  // Daemons that drop their rights still reach the files they were given.
  chmodSync(directory, 0o711);
  return {
    directory,
    server: identity('server', server),
    client: identity('client', client),
    stranger: identity('stranger', stranger),
    ca,
    caFile: write('ca.crt', ca),
    close: () => rmSync(directory, { recursive: true, force: true }),
  };
};
