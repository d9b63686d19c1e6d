/** The certificates a TLS peer presented. */
import type { X509Certificate } from 'node:crypto';
import type { TLSSocket } from 'node:tls';

const maxChain = 8;

/**
 * DER, leaf first; empty when none was presented. TLS has proven possession of the leaf's key;
 * whether the chain is to be trusted is not judged here.
 */
export const certificateChain = (socket: TLSSocket): readonly Uint8Array[] => {
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
