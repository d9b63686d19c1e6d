/** Takes an address for a server, or says clearly why it cannot be had. */
import { once } from 'node:events';
import type { AddressInfo, ListenOptions, Server } from 'node:net';
import { SallyportError } from '../../../kernel/errors.ts';
import { gatewayErrors } from '../errors.ts';

const reasons: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another process listens there',
  EACCES: 'this user may not listen there',
  EADDRNOTAVAIL: 'this machine does not have that address',
  ENOTFOUND: 'that name has no address',
};

/**
 * Listens and resolves with where.
 *
 * @throws SallyportError E_LISTEN_ADDRESS naming address and reason
 */
export const startListening = async (
  server: Pick<Server, 'listen' | 'address'>,
  { host, port }: Required<Pick<ListenOptions, 'host' | 'port'>>,
): Promise<AddressInfo> => {
  try {
    server.listen({ host, port });
    await once(server as Server, 'listening');
  } catch (cause) {
    const { code = '', message } = cause as NodeJS.ErrnoException;
    throw new SallyportError(
      gatewayErrors.E_LISTEN_ADDRESS,
      `cannot listen on ${host} port ${port}: ${reasons[code] ?? message}`,
      { cause },
    );
  }
  return server.address() as AddressInfo;
};
