/** The Workload API of this node: which socket, and a client of it (EP-06). */
import { isRefusal, SallyportError } from '../../kernel/errors.ts';
import { createWorkloadClient, type WorkloadClient } from '../workload-api/index.ts';
import type { Invocation } from './command.ts';
import { usage } from './options.ts';

/** `--socket`, else SPIFFE_ENDPOINT_SOCKET. A bare path means a unix socket. */
export const endpointAddress = ({ options, env }: Invocation): string => {
  const given = options.text('socket') ?? env['SPIFFE_ENDPOINT_SOCKET'];
  if (given === undefined || given === '')
    throw usage('name the socket of the agent with --socket or SPIFFE_ENDPOINT_SOCKET');
  return given.startsWith('/') ? `unix:${given}` : given;
};

/** A client of that socket. */
export const workloadClient = (invocation: Invocation): WorkloadClient => {
  const client = createWorkloadClient(endpointAddress(invocation));
  if (isRefusal(client)) throw new SallyportError(client.error, client.detail);
  return client;
};
