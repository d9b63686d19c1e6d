/** The names a listener's certificate carries besides its SPIFFE ID. */
import { isIP } from 'node:net';
import type { IdentityConfig } from './dependencies.ts';

const wildcards = ['0.0.0.0', '::'];

/**
 * Loopback, the machine's own name, and the address or name that is listened on.
 *
 * @param host `server.host` of the configuration; a wildcard adds nothing
 * @param machine host name of the machine
 */
export const serverNamesFor = (
  host: string,
  machine: string,
): NonNullable<IdentityConfig['serverNames']> => {
  const isAddress = isIP(host) !== 0;
  const named = isAddress || host === '' ? [] : [host];
  const addressed = isAddress && !wildcards.includes(host) ? [host] : [];
  return {
    dnsNames: [...new Set(['localhost', machine.toLowerCase(), ...named])],
    ipAddresses: [...new Set(['127.0.0.1', '::1', ...addressed])],
  };
};
