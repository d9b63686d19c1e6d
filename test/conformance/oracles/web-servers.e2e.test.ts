/** nginx, HAProxy and Redis from Debian accept our SVIDs, as servers and from clients. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import {
  credentials,
  type Daemon,
  exchange,
  freePort,
  skipWithout,
  startDaemon,
} from './daemon.ts';
import { fetchMaterial, type Material } from './material.ts';

let material: Material;
before(async () => {
  material = await fetchMaterial();
});
after(() => material.close());

const get = 'GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n';

/** The three peers every server must tell apart. */
const tellsApart = async (port: number, request: string, accepted: RegExp): Promise<void> => {
  const ask = (who: 'client' | 'stranger' | 'nobody') =>
    exchange(port, request, credentials(material, who === 'nobody' ? undefined : material[who]));
  assert.match(await ask('client'), accepted);
  assert.doesNotMatch(await ask('stranger'), accepted);
  assert.doesNotMatch(await ask('nobody'), accepted);
};

const withDaemon = async (start: () => Promise<Daemon>, run: () => Promise<void>) => {
  const daemon = await start();
  try {
    await run();
  } finally {
    await daemon.close();
  }
};

describe('servers from Debian', () => {
  it('nginx verifies SVIDs of clients', { skip: skipWithout('nginx') }, async () => {
    const port = await freePort();
    const { directory, server, caFile } = material;
    const file = join(directory, 'nginx.conf');
    mkdirSync(join(directory, 'nginx'));
    writeFileSync(
      file,
      `daemon off; master_process off; error_log stderr; pid ${directory}/nginx.pid;
      events {}
      http { access_log off;
        ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${directory}/nginx;`).join(' ')}
        server { listen 127.0.0.1:${port} ssl;
          ssl_certificate ${server.certFile}; ssl_certificate_key ${server.keyFile};
          ssl_client_certificate ${caFile}; ssl_verify_client on;
          location / { return 200 "verified $ssl_client_verify\\n"; } } }`,
    );
    await withDaemon(
      () => startDaemon('nginx', ['-c', file, '-p', directory, '-e', 'stderr'], { port }),
      () => tellsApart(port, get, /verified SUCCESS/),
    );
  });

  it('HAProxy verifies SVIDs of clients', { skip: skipWithout('haproxy') }, async () => {
    const port = await freePort();
    const { directory, server, caFile } = material;
    const bundle = join(directory, 'haproxy.pem');
    writeFileSync(bundle, server.cert + server.key, { mode: 0o600 });
    const file = join(directory, 'haproxy.cfg');
    writeFileSync(
      file,
      `defaults
  mode http
  timeout connect 5s
  timeout client 5s
  timeout server 5s
frontend f
  bind 127.0.0.1:${port} ssl crt ${bundle} ca-file ${caFile} verify required
  http-request return status 200 content-type text/plain string "verified\\n"
`,
    );
    await withDaemon(
      () => startDaemon('haproxy', ['-db', '-f', file], { port }),
      () => tellsApart(port, get, /verified/),
    );
  });

  it('Redis verifies SVIDs of clients', { skip: skipWithout('redis-server') }, async () => {
    const port = await freePort();
    const { directory, server, caFile } = material;
    const args = {
      port: 0,
      'tls-port': port,
      bind: '127.0.0.1',
      dir: directory,
      save: '',
      'tls-cert-file': server.certFile,
      'tls-key-file': server.keyFile,
      'tls-ca-cert-file': caFile,
      'tls-auth-clients': 'yes',
    };
    const list = Object.entries(args).flatMap(([name, value]) => [`--${name}`, String(value)]);
    await withDaemon(
      () => startDaemon('redis-server', list, { port }),
      () => tellsApart(port, 'PING\r\n', /\+PONG/),
    );
  });
});
