/** Who calls: a bearer credential, or the client certificate of the connection. */
import type { X509Certificate } from 'node:crypto';
import { TLSSocket } from 'node:tls';
import type { Authentication, Identity } from '../../domains/identity/index.ts';
import { refuse } from '../../kernel/errors.ts';
import type { HttpRequest } from '../../platform/http/index.ts';
import { apiErrors } from './errors.ts';

const scheme = 'bearer ';
const maxCredentialLength = 8192;
const maxChain = 8;

type Authenticator = Pick<Identity, 'authenticateBearer' | 'authenticateCertificate'>;

/** Authenticates a request. A bearer credential that was presented must be good by itself. */
export const authenticateRequest = (
  identity: Authenticator,
  request: HttpRequest,
): Authentication => {
  const { authorization } = request.headers;
  if (authorization !== undefined) return byBearer(identity, authorization, request.peerAddress);
  const chain = certificateChain(request);
  if (chain.length > 0) return identity.authenticateCertificate(chain, request.peerAddress);
  return refuse(apiErrors.E_API_CREDENTIAL_MISSING, 'this address needs a credential');
};

const byBearer = (identity: Authenticator, header: string, peer: string): Authentication => {
  if (header.slice(0, scheme.length).toLowerCase() !== scheme)
    return refuse(apiErrors.E_API_CREDENTIAL_MISSING, 'only the Bearer scheme is understood');
  const token = header.slice(scheme.length);
  if (token.length === 0 || token.length > maxCredentialLength)
    return refuse(apiErrors.E_API_CREDENTIAL_MISSING, 'the bearer credential has a bad length');
  return identity.authenticateBearer(token, peer);
};

/** DER, leaf first. TLS has proven possession of the leaf's key; trust is judged by identity. */
const certificateChain = ({ raw: { socket } }: HttpRequest): readonly Uint8Array[] => {
  if (!(socket instanceof TLSSocket)) return [];
  const chain: Uint8Array[] = [];
  let certificate: X509Certificate | undefined = socket.getPeerX509Certificate();
  while (certificate !== undefined && chain.length < maxChain) {
    chain.push(certificate.raw);
    const issuer: X509Certificate | undefined = certificate.issuerCertificate;
    if (issuer === certificate || issuer?.raw.equals(certificate.raw) === true) break;
    certificate = issuer;
  }
  return chain;
};
