/** First contact: whom the agent believes to be its server, and how a node says who it is. */
import assert from 'node:assert/strict';
import { generateKeyPairSync, hash, sign } from 'node:crypto';
import { createServer } from 'node:https';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { after, describe, it } from 'node:test';
import { createFakeDomain, type FakeDomain } from '../../../src/doors/agent/fake.ts';
import {
  agentErrors,
  awsEvidence,
  azureEvidence,
  bundleFromPem,
  bundleFromPin,
  createServerTrust,
  joinTokenEvidence,
  proveBy,
  x509popEvidence,
} from '../../../src/doors/agent/index.ts';
import { createServerApi } from '../../../src/doors/agent/server/server-api.ts';
import type { AttestRequest, News } from '../../../src/doors/agent/types.ts';
import { createCertificateRequest, encodePem } from '../../../src/engines/pki/index.ts';
import { systemClock } from '../../../src/kernel/effects.ts';
import { isRefusal, orThrow, refuse } from '../../../src/kernel/errors.ts';
import { parseSpiffeId } from '../../../src/kernel/ids.ts';

const domain = createFakeDomain('fake.test', Date.now);
const stranger = createFakeDomain('fake.test', Date.now);
const closing: (() => void)[] = [];
after(() => {
  for (const close of closing) close();
});

const pinOf = ({ rootDer }: FakeDomain): string => `sha256:${hash('sha256', rootDer)}`;

/** An HTTPS server with an SVID of this path that answers whatever the test says. */
const serve = async (
  path: string,
  answer: (url: string) => { readonly status?: number; readonly body: string },
  from = domain,
): Promise<string> => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const csr = createCertificateRequest({
    spki: publicKey.export({ type: 'spki', format: 'der' }),
    sign: (data) => sign('sha256', data, privateKey),
  });
  const id = orThrow(parseSpiffeId(`spiffe://fake.test${path}`));
  const { chain } = orThrow(from.issue(csr, id, 600_000));
  const server = createServer(
    {
      key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
      cert: chain.map((der) => encodePem('CERTIFICATE', der)).join(''),
      minVersion: 'TLSv1.3',
    },
    (request, response) => {
      const { status = 200, body } = answer(request.url ?? '');
      response.writeHead(status, { 'content-type': 'application/problem+json' }).end(body);
    },
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
};

const apiAt = (url: string) => {
  const trust = createServerTrust(orThrow(bundleFromPem(domain.rootPem)));
  const api = createServerApi({ url, trust, own: () => undefined, clock: systemClock });
  closing.push(() => void api.close());
  return api;
};

const codeOf = (value: unknown): string => (isRefusal(value) ? value.error.code : 'accepted');
const listen = (url: string, onNews: (news: News) => void = () => undefined) =>
  apiAt(url).listen(0, onNews, new AbortController().signal);

describe('the server', () => {
  const nothing = () => ({ body: '{}' });

  it('is refused with the SVID of another workload', async () => {
    assert.equal(codeOf(await listen(await serve('/web', nothing))), 'E_AGENT_SERVER_UNTRUSTED');
  });
  it('is refused with an SVID of another authority', async () => {
    const url = await serve('/sallyport', nothing, stranger);
    assert.equal(codeOf(await listen(url)), 'E_AGENT_SERVER_UNTRUSTED');
  });
  it('is refused by an agent that has no anchors', async () => {
    const url = await serve('/sallyport', nothing);
    const trust = createServerTrust();
    const api = createServerApi({ url, trust, own: () => undefined, clock: systemClock });
    closing.push(() => void api.close());
    assert.equal(codeOf(await api.renew(new Uint8Array(1))), 'E_AGENT_UNATTESTED');
    const answer = await api.issueSvids([]);
    assert.equal(codeOf(answer), 'E_AGENT_SERVER_UNTRUSTED');
  });

  it('tells news line by line, and what is no news ends the stream', async () => {
    const alive = JSON.stringify({ type: 'alive', revision: 1, timeMs: 5 });
    const url = await serve('/sallyport', () => ({
      body: `${alive}\n{"type":"novelty"}\n\n${alive}\nnonsense\n${alive}\n`,
    }));
    const news: News[] = [];
    assert.equal(codeOf(await listen(url, (one) => news.push(one))), 'E_AGENT_ANSWER');
    assert.equal(news.length, 2);
  });

  it('keeps its own codes in refusals', async () => {
    const body = JSON.stringify({
      code: 'E_AGENT_BANNED',
      title: 'Banned',
      detail: 'no',
      hint: '',
    });
    const refusal = await listen(await serve('/sallyport', () => ({ status: 403, body })));
    assert.equal(codeOf(refusal), 'E_AGENT_BANNED');
    assert.equal(refusal.error.status, 403);
  });

  it('is not believed when it answers fewer SVIDs than asked for', async () => {
    const api = apiAt(await serve('/sallyport', () => ({ body: '{"svids":[]}' })));
    const answer = await api.issueSvids([{ entryId: 'a', csr: new Uint8Array(1) }]);
    assert.equal(codeOf(answer), 'E_AGENT_ANSWER');
  });

  it('is out of reach when nobody listens', async () => {
    assert.equal(codeOf(await listen('https://127.0.0.1:1')), 'E_AGENT_SERVER');
  });
});

describe('a pin', () => {
  it('keeps only the pinned root of what an unproven server says', () => {
    const keys = [
      ...(stranger.bundle['keys'] as readonly object[]),
      ...(domain.bundle['keys'] as readonly object[]),
    ];
    const bundle = orThrow(bundleFromPin({ keys } as never, pinOf(domain)));
    assert.equal(bundle.trustDomain, 'fake.test');
    assert.equal(bundle.x509Authorities.length, 1);
    assert.deepEqual(bundle.jwtAuthorities, []);
  });
  it('refuses a server without that root', () => {
    assert.ok(isRefusal(bundleFromPin(domain.bundle, pinOf(stranger))));
  });
});

const noFetch = () => Promise.reject(new Error('unreachable'));

describe('evidence of the node', () => {
  const request = { csr: new Uint8Array(1), spki: new Uint8Array(2) };
  const credentials = { kind: 'credentials' as const } as never;

  it('is the trimmed join token of the file', async () => {
    const seen: AttestRequest[] = [];
    const prove = proveBy(
      joinTokenEvidence('t', { readText: () => Promise.resolve(' abc\n'), fetchText: noFetch }),
    );
    const attest = (one: AttestRequest) => {
      seen.push(one);
      return Promise.resolve(credentials);
    };
    await prove({ attest }, request);
    assert.deepEqual(seen[0]?.evidence, { token: 'abc' });
  });

  it('is a refusal when a file or the metadata service is not there', async () => {
    const effects = { readText: noFetch, fetchText: noFetch };
    for (const evidence of [joinTokenEvidence('t', effects), awsEvidence(effects)])
      assert.equal(codeOf(await evidence.evidence()), 'E_AGENT_UNATTESTED');
  });

  it('answers one challenge and no second one', async () => {
    const files = new Map([
      ['chain', domain.rootPem],
      ['key', generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' })],
    ]);
    const readText = (path: string) => Promise.resolve(String(files.get(path)));
    const prove = proveBy(
      x509popEvidence({ chain: 'chain', key: 'key' }, { readText, fetchText: noFetch }),
    );
    const seen: AttestRequest[] = [];
    const challenge = { nonce: Buffer.alloc(32).toString('base64url'), expiresAtMs: 1 };
    const attest = (one: AttestRequest) => {
      seen.push(one);
      return Promise.resolve({ kind: 'challenge' as const, challenge });
    };
    assert.equal(codeOf(await prove({ attest }, request)), 'E_AGENT_UNATTESTED');
    assert.equal(seen.length, 2);
    assert.deepEqual(seen[1]?.challengeResponse?.['challenge'], challenge);
  });

  it('asks the metadata service of Azure with the digits of the challenge', async () => {
    const urls: string[] = [];
    const fetchText = (url: string) => {
      urls.push(url);
      return Promise.resolve('{"signature":"s"}');
    };
    const evidence = azureEvidence({ readText: noFetch, fetchText });
    const nonce = Buffer.alloc(32, 1).toString('base64url');
    const answer = await evidence.answer?.({ nonce }, new Uint8Array(1));
    assert.deepEqual(answer, {
      challengeResponse: { challenge: { nonce } },
      evidence: { signature: 's' },
    });
    assert.match(urls[0] ?? '', /nonce=\d{10}$/);
  });

  it('hands a refusal of the server on', async () => {
    const no = refuse(agentErrors.E_AGENT_SERVER, 'away');
    const prove = proveBy({ attestor: 'x', evidence: () => Promise.resolve({}) });
    assert.equal(await prove({ attest: () => Promise.resolve(no) }, request), no);
  });
});
