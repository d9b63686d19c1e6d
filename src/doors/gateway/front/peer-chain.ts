/** The certificate chain a TLS peer showed, as DER, leaf first, bounded. */
import type { TLSSocket } from 'node:tls';
import type { X509Certificate } from 'node:crypto';

const maxChain = 8;

/** Empty when no certificate was shown. Whoever shows the leaf has proven possession of its key. */
export const peerChainOf = (socket: TLSSocket): readonly Uint8Array[] => {
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
