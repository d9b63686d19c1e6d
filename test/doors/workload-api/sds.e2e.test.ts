/** Envoy's secret discovery over the Workload API's socket, with requests written by hand. */
import assert from 'node:assert/strict';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { bytesField, message, reader, varintField } from '../../conformance/spiffe/client/wire.ts';
import { type Harness, startHarness } from './harness.ts';

const service = '/envoy.service.secret.v3.SecretDiscoveryService';
const secretType = 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret';

const request = (
  names: readonly string[],
  answer: { readonly nonce?: string; readonly version?: string; readonly error?: string } = {},
): Buffer =>
  message(
    bytesField(1, answer.version ?? ''),
    ...names.map((name) => bytesField(3, name)),
    bytesField(4, secretType),
    bytesField(5, answer.nonce ?? ''),
    ...(answer.error === undefined
      ? []
      : [bytesField(6, message(varintField(1, 3), bytesField(2, answer.error)))]),
  );

const inline = (source: Buffer): string => reader(source).bytes(2).toString();

const readSecret = (bytes: Buffer) => {
  const secret = reader(bytes);
  const tls = reader(secret.bytes(2));
  const context = reader(secret.bytes(4));
  return {
    name: secret.text(1),
    chain: secret.has(2) ? inline(tls.bytes(1)) : undefined,
    key: secret.has(2) ? inline(tls.bytes(2)) : undefined,
    trusted: context.has(1) ? inline(context.bytes(1)) : undefined,
    crl: context.has(7) ? inline(context.bytes(7)) : undefined,
    validator: context.has(12) ? reader(context.bytes(12)) : undefined,
  };
};

const readResponse = (bytes: Buffer | undefined) => {
  assert.ok(bytes, 'no response');
  const response = reader(bytes);
  assert.equal(response.text(4), secretType);
  return {
    version: response.text(1),
    nonce: response.text(5),
    secrets: response.all(2).map((any) => {
      assert.equal(reader(any).text(1), secretType);
      return readSecret(reader(any).bytes(2));
    }),
  };
};

const deltaRequest = (
  subscribe: readonly string[],
  more: { readonly unsubscribe?: readonly string[]; readonly nonce?: string } = {},
): Buffer =>
  message(
    bytesField(2, secretType),
    ...subscribe.map((name) => bytesField(3, name)),
    ...(more.unsubscribe ?? []).map((name) => bytesField(4, name)),
    bytesField(6, more.nonce ?? ''),
  );

const readDelta = (bytes: Buffer | undefined) => {
  assert.ok(bytes, 'no response');
  const response = reader(bytes);
  return {
    nonce: response.text(5),
    removed: response.texts(6),
    names: response.all(2).map((resource) => reader(resource).text(3)),
  };
};

let harness: Harness;
before(async () => {
  harness = await startHarness();
});
after(() => harness.close());

// Envoy sends no SPIFFE metadata.
const open = (method: string, first: Buffer) =>
  harness.connect({}).start(`${service}/${method}`, first, { isOpen: true });

describe('StreamSecrets', () => {
  it('sends the default identity and the own bundle as PEM', async () => {
    const call = open('StreamSecrets', request(['default', 'ROOTCA']));
    const { secrets, version, nonce } = readResponse(await call.next());
    assert.deepEqual(
      secrets.map(({ name }) => name),
      ['default', 'ROOTCA'],
    );
    const leaf = new X509Certificate(secrets[0]?.chain ?? '');
    assert.ok(leaf.checkPrivateKey(createPrivateKey(secrets[0]?.key ?? '')));
    assert.ok(leaf.verify(new X509Certificate(secrets[1]?.trusted ?? '').publicKey));
    assert.ok(version !== '' && nonce !== '');
    call.cancel();
  });

  it('knows SPIFFE IDs, trust domains and ALL', async () => {
    const names = ['spiffe://fake.test/api', 'spiffe://friend.test', 'spiffe://fake.test', 'ALL'];
    const call = open('StreamSecrets', request(names));
    const { secrets } = readResponse(await call.next());
    assert.deepEqual(
      secrets.map(({ name }) => name),
      names,
    );
    assert.match(
      new X509Certificate(secrets[0]?.chain ?? '').subjectAltName ?? '',
      /URI:spiffe:\/\/fake\.test\/api/,
    );
    const validator = secrets[3]?.validator;
    assert.equal(validator?.text(1), 'envoy.tls.cert_validator.spiffe');
    const config = reader(reader(validator?.bytes(2) ?? Buffer.alloc(0)).bytes(2));
    assert.deepEqual(
      config.all(1).map((domain) => reader(domain).text(1)),
      ['fake.test', 'friend.test'],
    );
    call.cancel();
  });

  it('is quiet after an ACK and sends a rotation', async () => {
    const call = open('StreamSecrets', request(['default']));
    const first = readResponse(await call.next());
    call.write(request(['default'], first));
    await assert.rejects(call.next(100), /no message/);
    harness.source.rotate();
    const second = readResponse(await call.next());
    assert.notEqual(second.version, first.version);
    assert.notEqual(second.nonce, first.nonce);
    assert.notEqual(second.secrets[0]?.chain, first.secrets[0]?.chain);
    call.cancel();
  });

  it('does not repeat what was refused (NACK), and says so in the log', async () => {
    const call = open('StreamSecrets', request(['default']));
    const { nonce } = readResponse(await call.next());
    call.write(request(['default'], { nonce, error: 'bad certificate' }));
    await assert.rejects(call.next(100), /no message/);
    assert.ok(harness.log.entries.some(({ fields }) => fields['detail'] === 'bad certificate'));
    harness.source.rotate();
    assert.equal(readResponse(await call.next()).secrets.length, 1);
    call.cancel();
  });

  it('answers a changed subscription, but not an outdated nonce', async () => {
    const call = open('StreamSecrets', request(['default']));
    const { nonce } = readResponse(await call.next());
    call.write(request(['ROOTCA'], { nonce: 'outdated' }));
    await assert.rejects(call.next(100), /no message/);
    call.write(request(['ROOTCA'], { nonce }));
    assert.equal(readResponse(await call.next()).secrets[0]?.name, 'ROOTCA');
    call.cancel();
  });
});

describe('StreamSecrets with changes', () => {
  it('leaves unknown names out and sends them once they are there', async () => {
    const id = 'spiffe://fake.test/later';
    const call = open('StreamSecrets', request([id]));
    assert.equal(readResponse(await call.next()).secrets.length, 0);
    const { authority } = harness.source;
    const later = authority.issueX509(authority.idOf('/later'), 'later');
    harness.source.update((state) => ({ ...state, identities: [...state.identities, later] }));
    assert.equal(readResponse(await call.next()).secrets[0]?.name, id);
    call.cancel();
  });

  it('puts revocation lists beside the own bundle', async () => {
    const call = open('StreamSecrets', request(['ROOTCA', 'spiffe://friend.test']));
    assert.equal(readResponse(await call.next()).secrets[0]?.crl, undefined);
    harness.source.update((state) => ({ ...state, crls: [Buffer.from([0x30, 0])] }));
    const { secrets } = readResponse(await call.next());
    assert.match(secrets[0]?.crl ?? '', /BEGIN X509 CRL/);
    assert.equal(secrets[1]?.crl, undefined);
    harness.source.update((state) => ({ ...state, crls: [] }));
    call.cancel();
  });

  it('refuses other resource types', async () => {
    const call = open('StreamSecrets', message(bytesField(4, 'type.googleapis.com/other')));
    assert.equal((await call.status).code, 'INVALID_ARGUMENT');
  });

  it('denies callers without identity, also later', async () => {
    const call = open('StreamSecrets', request(['default']));
    assert.ok(await call.next());
    const { identities } = harness.source.state();
    harness.source.update((state) => ({ ...state, identities: [] }));
    assert.equal((await call.status).code, 'PERMISSION_DENIED');
    harness.source.update((state) => ({ ...state, identities }));
  });
});

describe('DeltaSecrets', () => {
  it('sends what changed and names what is missing', async () => {
    const call = open('DeltaSecrets', deltaRequest(['default', 'ROOTCA', 'nobody']));
    const first = readDelta(await call.next());
    assert.deepEqual(first.names, ['default', 'ROOTCA']);
    assert.deepEqual(first.removed, ['nobody']);
    call.write(deltaRequest([], { nonce: first.nonce }));
    await assert.rejects(call.next(100), /no message/);
    harness.source.rotate();
    assert.deepEqual(readDelta(await call.next()).names, ['default']);
    call.write(deltaRequest([], { unsubscribe: ['default'] }));
    await assert.rejects(call.next(100), /no message/);
    harness.source.rotate();
    await assert.rejects(call.next(100), /no message/);
    call.cancel();
  });
});

describe('FetchSecrets', () => {
  it('answers once', async () => {
    const answer = await harness.connect({}).unary(`${service}/FetchSecrets`, request([]));
    const { secrets } = readResponse(answer.messages[0]);
    assert.ok(secrets.length >= 4);
  });

  it('bounds the names of a request', async () => {
    const many = Array.from({ length: 300 }, (_, at) => `name-${at}`);
    const answer = await harness.connect({}).unary(`${service}/FetchSecrets`, request(many));
    assert.equal(answer.code, 'INVALID_ARGUMENT');
  });
});
