/** Our Broker API over a fake source, and TLS clients for it. */
import { connect as connectSocket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { once } from 'node:events';
import type { X509Certificate } from 'node:crypto';
import type { FakeWorkloadSource } from '../../../src/doors/workload-api/fake.ts';
import { serveBrokerApi } from '../../../src/doors/workload-api/index.ts';
import type { X509Identity } from '../../../src/doors/workload-api/types.ts';
import {
  encodePem,
  parseCertificate,
  toX509Authority,
  validateX509Svid,
} from '../../../src/engines/pki/index.ts';
import { isRefusal, orThrow } from '../../../src/kernel/errors.ts';
import { createMemoryLog } from '../../../src/platform/log/fake.ts';
import { urisOf, viewCertificate } from './client/der.ts';
import { grpcClient } from './client/grpc.ts';
import type { BrokerTarget } from './types.ts';

const pemOf = ({ chain, privateKey }: X509Identity) => ({
  key: encodePem('PRIVATE KEY', privateKey.reveal()),
  cert: chain.map((der) => encodePem('CERTIFICATE', der)).join(''),
});

/** A TLS connection to a Broker API, with or without an SVID. */
export const dial = async (
  path: string,
  ca: string,
  identity: X509Identity | undefined,
): Promise<TLSSocket> => {
  const socket = connectTls({
    socket: connectSocket(path),
    ca,
    ALPNProtocols: ['h2'],
    // A SPIFFE client looks at the URI, not at a host name.
    checkServerIdentity: () => undefined,
    ...(identity === undefined ? {} : pemOf(identity)),
  });
  await once(socket, 'secureConnect');
  return socket;
};

/** The workload with pid 4242 exists; the identity `/broker` is on the allow-list. */
export const startBroker = async (
  source: FakeWorkloadSource,
  path: string,
): Promise<{ readonly target: BrokerTarget; readonly close: () => Promise<void> }> => {
  const { authority } = source;
  const issue = (name: string): X509Identity => authority.issueX509(authority.idOf(name));
  const [agent, broker, stranger] = [issue('/agent'), issue('/broker'), issue('/stranger')];
  const { trustDomain, x509Authorities } = authority.bundle;
  const authorities = x509Authorities.map((der) =>
    orThrow(toX509Authority(orThrow(parseCertificate(der)))),
  );
  const bundle = { trustDomain, x509Authorities: authorities, jwtAuthorities: [] };
  const api = await serveBrokerApi({
    source,
    place: { kind: 'unix', path },
    identity: () => agent,
    verify: (chain) => {
      const verdict = validateX509Svid(chain, {
        bundleOf: (name) => (name === trustDomain ? bundle : undefined),
        nowMs: Date.now(),
      });
      return isRefusal(verdict) ? verdict : verdict.spiffeId;
    },
    isAllowed: (id) => id === broker.spiffeId,
    log: createMemoryLog(),
  });
  const ca = x509Authorities.map((der) => encodePem('CERTIFICATE', der)).join('');
  const shown = { nobody: undefined, stranger, broker };
  const target: BrokerTarget = {
    pid: 4242,
    connect: async (as, metadata = {}) => grpcClient(await dial(path, ca, shown[as]), metadata),
    whileGone: async (during) => {
      const { identities } = source.state();
      source.update((state) => ({ ...state, identities: [] }));
      await during().finally(() => source.update((state) => ({ ...state, identities })));
    },
    serverIds: async () => {
      const socket = await dial(path, ca, broker);
      const certificate: X509Certificate | undefined = socket.getPeerX509Certificate();
      socket.destroy();
      return certificate === undefined ? [] : urisOf(viewCertificate(certificate.raw));
    },
  };
  return { target, close: api.close };
};
