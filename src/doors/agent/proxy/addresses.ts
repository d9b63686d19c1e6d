/** Addresses of the proxy: `host:port`, `[v6]:port` or `unix:/path`. */
import { once } from 'node:events';
import { connect, type Server, type Socket } from 'node:net';
import { type Refusal, refuse, SallyportError } from '../../../kernel/errors.ts';
import { agentErrors } from '../errors.ts';
import type { Address } from './types.ts';

const bad = (text: string): Refusal =>
  refuse(agentErrors.E_AGENT_OPTIONS, `${text.slice(0, 64)} is neither host:port nor unix:/path`);

/** Parses an address; never throws. */
export const parseAddress = (text: string): Address | Refusal => {
  if (text.startsWith('unix:/')) return { kind: 'unix', path: text.slice('unix:'.length) };
  const colon = text.lastIndexOf(':');
  const digits = text.slice(colon + 1);
  const port = /^\d{1,5}$/.test(digits) ? Number(digits) : -1;
  const name = text.slice(0, Math.max(0, colon));
  const host = name.startsWith('[') && name.endsWith(']') ? name.slice(1, -1) : name;
  const isMeant =
    host !== '' && !host.includes('/') && (host === name ? !host.includes(':') : true);
  return isMeant && port >= 0 && port <= 65_535 ? { kind: 'tcp', host, port } : bad(text);
};

export const formatAddress = (address: Address): string =>
  address.kind === 'unix' ? `unix:${address.path}` : `${address.host}:${address.port}`;

/** Both halves of the connection end by themselves. */
export const dial = (address: Address): Socket =>
  address.kind === 'unix'
    ? connect({ path: address.path, allowHalfOpen: true })
    : connect({ host: address.host, port: address.port, allowHalfOpen: true, noDelay: true });

/** Listens; resolves with the address in use. @throws SallyportError E_PROXY_LISTEN */
export const listenAt = async (server: Server, address: Address): Promise<Address> => {
  try {
    if (address.kind === 'unix') server.listen(address.path);
    else server.listen(address.port, address.host);
    await once(server, 'listening');
  } catch (cause) {
    const what = cause instanceof Error ? cause.message : String(cause);
    throw new SallyportError(agentErrors.E_PROXY_LISTEN, what, { cause });
  }
  const used = server.address();
  return address.kind === 'tcp' && typeof used === 'object' && used !== null
    ? { ...address, port: used.port }
    : address;
};
