/** EP-01 to EP-14: the endpoint itself. */
import assert from 'node:assert/strict';
import { createServer, type IncomingHttpHeaders } from 'node:http2';
import { mkdtempSync, rmSync } from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  byCredentials,
  createWorkloadClient,
  parseEndpoint,
} from '../../../../src/doors/workload-api/index.ts';
import { isRefusal, orThrow } from '../../../../src/kernel/errors.ts';
import { fakePeerCredentials } from '../../../../src/platform/peer-credentials/fake.ts';
import { Socket } from 'node:net';
import { bytesField, reader } from '../client/wire.ts';
import { jwtRequest, paths, validateRequest } from '../client/workload-messages.ts';
import type { Check, Target } from '../types.ts';
import { withClient } from './fetch.ts';
import { judged, type Sample } from './judged.ts';

const requests: ReadonlyMap<string, Buffer> = new Map([
  [paths.jwt, jwtRequest(['a'])],
  [paths.validate, validateRequest('a', 'x.y.z')],
]);

/** Every method of the service with a header that is missing or wrong. */
const refusesWithout = async (target: Target): Promise<void> => {
  const wrong: readonly Readonly<Record<string, string>>[] = [
    {},
    { 'workload.spiffe.io': 'TRUE' },
    { 'workload.spiffe.io': 'True' },
    { 'workload.spiffe.io': '1' },
    { 'workload.spiffe.io': '' },
    { 'workload.spiffe.io': 'false' },
  ];
  for (const path of Object.values(paths))
    for (const metadata of wrong)
      await withClient(
        target,
        async (client) => {
          const answer = await client.first(path, requests.get(path));
          const what = `${path} ${JSON.stringify(metadata)}`;
          assert.equal(answer.code, 'INVALID_ARGUMENT', what);
        },
        metadata,
      );
};

const parses = (texts: readonly string[]): readonly Sample[] =>
  texts.map((text) => [text, () => parseEndpoint(text)]);

/** Runs our client against a server that only listens, and returns the headers it sent. */
const headersOfClient = async (): Promise<IncomingHttpHeaders> => {
  const directory = mkdtempSync(join(tmpdir(), 'ep-'));
  const server = createServer().listen(join(directory, 's'));
  try {
    await once(server, 'listening');
    const seen = once(server, 'stream');
    const client = orThrow(createWorkloadClient(`unix:${directory}/s`));
    const abort = new AbortController();
    const call = client.fetchJWTSVID({ audience: ['a'] }, { signal: abort.signal });
    call.catch(() => undefined);
    const [stream, headers] = (await seen) as [{ close: () => void }, IncomingHttpHeaders];
    stream.close();
    abort.abort();
    await call.catch(() => undefined);
    return headers;
  } finally {
    server.close();
    rmSync(directory, { recursive: true });
  }
};

const reflected = async (target: Target): Promise<readonly string[] | undefined> =>
  withClient(target, async (client) => {
    const path = '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo';
    const answer = await client.first(path, bytesField(7, ''));
    if (answer.code !== 'OK') return undefined;
    const list = reader(reader(answer.messages[0] ?? Buffer.alloc(0)).bytes(6));
    return list.all(1).map((service) => reader(service).text(1));
  });

const speaks = (rule: string, title: string): Check => ({
  rule,
  title,
  needs: 'socket',
  run: (target) =>
    withClient(target, async (client) => {
      assert.equal((await client.first(paths.x509)).code, 'OK');
    }),
});

const libraryChecks: readonly Check[] = [
  {
    rule: 'EP-02',
    title: 'our client sends the security header',
    needs: 'library',
    run: async () => assert.equal((await headersOfClient())['workload.spiffe.io'], 'true'),
  },
  {
    rule: 'EP-05',
    title: 'identifies nobody over TCP by peer credentials',
    needs: 'library',
    run: async () => {
      const identify = byCredentials(fakePeerCredentials());
      const place = { kind: 'tcp', host: '127.0.0.1', port: 1 } as const;
      assert.ok(isRefusal(await identify(new Socket(), place)));
    },
  },
  judged('EP-07', 'takes the schemes unix and tcp', {
    good: parses(['unix:/tmp/s', 'tcp:127.0.0.1:80', 'unix:///tmp/s', 'tcp://127.0.0.1:80']),
    bad: parses(['http://a', 'https:/a', '/tmp/s', 'UNIX:/tmp/s', 'npipe:a', 'vsock:1:2', '']),
  }),
  judged('EP-08', 'takes an absolute path and nothing else', {
    good: parses(['unix:/a/b.sock', 'unix:///a']),
    bad: parses([
      'unix:a',
      'unix:./a',
      'unix:',
      'unix:/',
      'unix://host/a',
      'unix://a@host/a',
      'unix:/a?b',
      'unix:/a#b',
    ]),
  }),
  judged('EP-09', 'takes an IP address and a port and nothing else', {
    good: parses(['tcp://127.0.0.1:8000', 'tcp://[::1]:8000']),
    bad: parses([
      'tcp://localhost:80',
      'tcp://127.0.0.1',
      'tcp://127.0.0.1:',
      'tcp://127.0.0.1:0',
      'tcp://127.0.0.1:65536',
      'tcp://127.0.0.1:80/',
      'tcp://127.0.0.1:80/a',
      'tcp://127.0.0.1:80?a',
      'tcp://u@127.0.0.1:80',
      'tcp://::1:80',
      'tcp://[127.0.0.1]:80',
    ]),
  }),
];

export const endpointChecks: readonly Check[] = [
  speaks('EP-01', 'speaks gRPC over the socket'),
  {
    rule: 'EP-03',
    title: 'answers INVALID_ARGUMENT to every method without the exact header',
    needs: 'socket',
    run: refusesWithout,
  },
  speaks('EP-04', 'answers without TLS'),
  speaks('EP-10', 'asks the client for no credential'),
  speaks('EP-11', 'attests without any action of the workload'),
  {
    rule: 'EP-12',
    title: 'offers nothing in the service beside its seven methods',
    needs: 'socket',
    run: (target) =>
      withClient(target, async (client) => {
        const answer = await client.unary('/SpiffeWorkloadAPI/FetchEverything');
        assert.equal(answer.code, 'UNIMPLEMENTED');
      }),
  },
  {
    rule: 'EP-13',
    title: 'exposes the Workload API, and lists it where reflection is offered',
    needs: 'socket',
    run: async (target) => {
      await withClient(target, async (client) => {
        assert.equal((await client.first(paths.x509)).code, 'OK');
      });
      const services = await reflected(target);
      if (services !== undefined) assert.ok(services.includes('SpiffeWorkloadAPI'));
    },
  },
  {
    rule: 'EP-14',
    title: 'answers PERMISSION_DENIED without identity and UNAVAILABLE while starting',
    needs: 'control',
    run: async (target) => {
      const codeOf = (path: string) =>
        withClient(target, async (client) => (await client.first(path, requests.get(path))).code);
      const all = Object.values(paths);
      await target.control?.whileDenied(async () => {
        for (const path of all) assert.equal(await codeOf(path), 'PERMISSION_DENIED', path);
      });
      await target.control?.whileStarting(async () => {
        for (const path of all) assert.equal(await codeOf(path), 'UNAVAILABLE', path);
      });
      assert.equal(await codeOf(paths.x509), 'OK');
    },
  },
  ...libraryChecks,
];
