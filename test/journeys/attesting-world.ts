/**
 * What a server has to ask about nodes: a cluster's API server and an issuer of tokens, both over
 * https with an authority of their own; and the files and settings that name them.
 */
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { encodePem } from '../../src/engines/pki/index.ts';
import { derContextPrimitive } from '../../src/kernel/der-writer.ts';
import type { JsonObject } from '../../src/kernel/json-value.ts';
import { type TokenKey, newTokenKey } from '../engines/attestation/forge.ts';
import {
  altNames,
  basicConstraints,
  dnsName,
  extendedKeyUsage,
  forge,
  forgeAuthority,
  type Issuer,
  leafUsage,
  nameOf,
  serverAuth,
} from '../engines/pki/forge.ts';

const hourMs = 3_600_000;
const times = { notBeforeMs: Date.now() - hourMs, notAfterMs: Date.now() + hourMs };

export const newAuthority = (name: string, issuer?: Issuer): Issuer =>
  forgeAuthority({ name, ...times, ...(issuer === undefined ? {} : { issuer }) });

export const newLeaf = (name: string, issuer?: Issuer): Issuer =>
  forge({
    ...times,
    ...(issuer === undefined ? {} : { issuer }),
    subject: nameOf(name),
    extensions: [basicConstraints(false), leafUsage, altNames([dnsName(name)], 'normal')],
  });

/** How a fake answers next. */
export type Mood = 'well' | 'broken' | 'redirect' | 'rubbish' | 'huge';
export type Fake = { mood: Mood; asked: number; readonly url: string; close: () => void };

type Answer = (request: IncomingMessage, body: string) => { status: number; value: JsonObject };

const moods: Readonly<Record<Exclude<Mood, 'well'>, (response: ServerResponse) => void>> = {
  broken: (response) => void response.writeHead(500).end(),
  redirect: (response) => void response.writeHead(307, { location: '/elsewhere' }).end(),
  rubbish: (response) => void response.writeHead(200).end('{"keys":'),
  huge: (response) => void response.writeHead(200).end(`{"a":"${'x'.repeat(600_000)}"}`),
};

const readBody = async (request: IncomingMessage): Promise<string> => {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) text += String(chunk);
  return text;
};

/** A server on loopback that proves itself by a leaf of `authority`. */
export const startFake = async (authority: Issuer, answer: Answer): Promise<Fake> => {
  const loopback = derContextPrimitive(7, Uint8Array.of(127, 0, 0, 1));
  const leaf = forge({
    ...times,
    issuer: authority,
    subject: nameOf('fake'),
    extensions: [
      basicConstraints(false),
      leafUsage,
      extendedKeyUsage([serverAuth]),
      altNames([loopback], 'normal'),
    ],
  });
  const state: { mood: Mood; asked: number } = { mood: 'well', asked: 0 };
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    state.asked += 1;
    const body = await readBody(request);
    if (state.mood !== 'well') return moods[state.mood](response);
    const { status, value } = answer(request, body);
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
  };
  const server: Server = createServer(
    { cert: encodePem('CERTIFICATE', leaf.der), key: keyPem(leaf) },
    (request, response) => void serve(request, response),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const close = (): void => {
    server.closeAllConnections();
    server.close();
  };
  return Object.assign(state, { url: `https://127.0.0.1:${port}`, close });
};

export const keyPem = ({ keys }: Issuer): string =>
  keys.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();

/** An API server that knows the token `pod-token` and reviews for the holder of `reviewer`. */
export const reviewTokens: Answer = ({ method, url, headers }, body) => {
  const isReview =
    method === 'POST' &&
    url === '/apis/authentication.k8s.io/v1/tokenreviews' &&
    headers.authorization === 'Bearer reviewer';
  if (!isReview) return { status: 403, value: {} };
  const { spec } = JSON.parse(body) as { spec: { token: string; audiences: string[] } };
  if (spec.token !== 'pod-token') return { status: 201, value: { status: {} } };
  const extra = {
    'authentication.kubernetes.io/node-uid': ['node-7'],
    'authentication.kubernetes.io/pod-uid': ['pod-1'],
  };
  const user = { username: 'system:serviceaccount:sallyport:agent', extra };
  const status = { authenticated: true, audiences: spec.audiences, user };
  return { status: 201, value: { kind: 'TokenReview', status } };
};

export type World = {
  readonly directory: string;
  readonly fleet: Issuer;
  readonly region: Issuer;
  readonly metadata: Issuer;
  readonly key: TokenKey;
  /** What the issuer publishes; replaced by a test that rotates keys. */
  published: JsonObject;
  readonly cluster: Fake;
  readonly issuer: Fake;
  readonly settings: readonly string[];
  readonly close: () => void;
};

const write = (directory: string, name: string, ...authorities: readonly Issuer[]): string => {
  const file = join(directory, name);
  writeFileSync(file, authorities.map(({ der }) => encodePem('CERTIFICATE', der)).join(''));
  return file;
};

const settingsFor = (
  { directory, fleet, region, key, cluster, issuer }: Omit<World, 'settings' | 'close'>,
  { web, roots }: { readonly web: Issuer; readonly roots: readonly [Issuer, Issuer] },
): readonly string[] => {
  const file = (name: string): string => join(directory, name);
  const caFile = write(directory, 'web.pem', web);
  writeFileSync(file('reviewer'), 'reviewer\n', { mode: 0o600 });
  writeFileSync(file('google.json'), JSON.stringify(key.jwks));
  writeFileSync(file('slurm.json'), JSON.stringify(key.jwks));
  const east = {
    name: 'east',
    url: cluster.url,
    caFile,
    tokenFile: file('reviewer'),
    audience: 'sallyport',
    serviceAccounts: ['sallyport:*'],
  };
  const ci = {
    name: 'ci',
    issuer: 'https://ci.example',
    audience: 'sallyport',
    jwksUrl: `${issuer.url}/jwks`,
    caFile,
    require: { project: ['models/*'] },
    nodeId: ['run_id'],
    selectors: ['project'],
  };
  const values = {
    'x509pop.authoritiesFile': write(directory, 'fleet.pem', fleet),
    'kubernetes.clusters': [
      east,
      { ...east, name: 'imposter', caFile: write(directory, 'other.pem', fleet) },
    ],
    'aws.certificates': [{ region: 'eu-west-1', file: write(directory, 'aws.pem', region) }],
    'aws.accounts': '123456789012',
    'gcp.audience': 'sallyport',
    'gcp.projects': 'prj',
    'gcp.jwksFile': file('google.json'),
    'azure.authoritiesFile': write(directory, 'azure-root.pem', roots[0]),
    'azure.intermediatesFile': write(directory, 'azure.pem', roots[1]),
    'azure.subscriptions': 'sub-1',
    'oidc.providers': [ci, { ...ci, name: 'late', jwksUrl: `${issuer.url}/late` }],
    'slurm.clusters': [
      { name: 'hpc', issuer: 'slurm', audience: 'sallyport', keyFile: file('slurm.json') },
    ],
  };
  return Object.entries(values).map(
    ([name, value]) =>
      `attestation.${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
};

/** Everything a server may be asked to believe, in files below `directory`. */
export const openAttestingWorld = async (directory: string): Promise<World> => {
  const web = newAuthority('web');
  const root = newAuthority('azure');
  const intermediate = newAuthority('azure-1', root);
  const key = newTokenKey();
  const held = { published: key.jwks };
  const cluster = await startFake(web, reviewTokens);
  const issuer = await startFake(web, () => ({ status: 200, value: held.published }));
  const parts = Object.assign(held, {
    directory,
    fleet: newAuthority('fleet'),
    region: newLeaf('eu-west-1'),
    metadata: newLeaf('metadata.azure.com', intermediate),
    key,
    cluster,
    issuer,
  });
  const settings = settingsFor(parts, { web, roots: [root, intermediate] });
  const close = (): void => {
    cluster.close();
    issuer.close();
  };
  return Object.assign(parts, { settings, close });
};
