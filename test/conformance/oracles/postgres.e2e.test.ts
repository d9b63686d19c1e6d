/** PostgreSQL from Debian accepts our SVIDs as client certificates, over its own client library's twin. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { appendFileSync, chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, it } from 'node:test';
import { Client } from 'pg';
import {
  credentials,
  findProgram,
  freePort,
  runProgram,
  skipWithout,
  startDaemon,
} from './daemon.ts';
import { fetchMaterial, type Material, type PemIdentity } from './material.ts';

let material: Material;
before(async () => {
  material = await fetchMaterial();
});
after(() => material.close());

/** PostgreSQL does not run as root; Debian has a user for it. */
const serverUser = (): { uid?: number; gid?: number } => {
  if (process.getuid?.() !== 0) return {};
  const idOf = (flag: string) => Number(runProgram('id', [flag, 'postgres']).output);
  return { uid: idOf('-u'), gid: idOf('-g') };
};

const prepare = (port: number, user: { uid?: number; gid?: number }): string => {
  const { directory, server, caFile } = material;
  const data = join(directory, 'pg');
  mkdirSync(data, { mode: 0o700 });
  const { uid, gid } = user;
  const files = [data, server.certFile, server.keyFile, caFile];
  if (uid !== undefined && gid !== undefined) for (const file of files) chownSync(file, uid, gid);
  const { status, stderr } = spawnSync(
    findProgram('initdb') ?? 'initdb',
    ['-D', data, '-A', 'trust', '-U', 'tester', '--no-sync', '--locale=C'],
    { ...user, cwd: data, timeout: 60_000 },
  );
  assert.equal(status, 0, stderr.toString());
  appendFileSync(
    join(data, 'postgresql.conf'),
    `listen_addresses = '127.0.0.1'\nport = ${port}\nunix_socket_directories = ''\nfsync = off\n` +
      `ssl = on\nssl_cert_file = '${server.certFile}'\nssl_key_file = '${server.keyFile}'\n` +
      `ssl_ca_file = '${caFile}'\n`,
  );
  writeFileSync(
    join(data, 'pg_hba.conf'),
    'hostssl all all 127.0.0.1/32 trust clientcert=verify-ca\n',
  );
  return data;
};

const query = async (port: number, identity: PemIdentity | undefined): Promise<unknown> => {
  const client = new Client({
    host: '127.0.0.1',
    port,
    user: 'tester',
    database: 'postgres',
    ssl: credentials(material, identity),
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<{ ssl: boolean }>(
      'select ssl from pg_stat_ssl where pid = pg_backend_pid()',
    );
    return rows[0]?.ssl;
  } catch (error) {
    // 57P03: it listens already, but is still starting.
    return (error as { readonly code?: unknown }).code === '57P03' ? 'starting' : 'refused';
  } finally {
    await client.end().catch(() => undefined);
  }
};

it('tells SVIDs of clients apart', { skip: skipWithout('postgres', 'initdb') }, async () => {
  const port = await freePort();
  const user = serverUser();
  const data = prepare(port, user);
  const daemon = await startDaemon('postgres', ['-D', data], { port, cwd: data, ...user });
  try {
    let first: unknown = 'starting';
    while (first === 'starting') first = await query(port, material.client);
    assert.equal(first, true);
    assert.equal(await query(port, material.stranger), 'refused');
    assert.equal(await query(port, undefined), 'refused');
  } finally {
    await daemon.close();
  }
});
