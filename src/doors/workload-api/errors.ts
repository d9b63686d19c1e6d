/** Codes of the Workload API door. Statuses become gRPC codes (see status.ts). */
import { defineErrors } from '../../kernel/errors.ts';

export const workloadErrors = defineErrors({
  E_WORKLOAD_IDENTITY: {
    status: 403,
    exit: 'denied',
    title: 'No identity for this workload',
    hint: 'Register an entry whose selectors match the workload, or ask for an identity it has.',
  },
  E_WORKLOAD_BROKER: {
    status: 401,
    exit: 'notAuthenticated',
    title: 'Broker is not authenticated',
    hint: 'Connect with mutual TLS and a valid X509-SVID of this trust domain.',
  },
  E_WORKLOAD_NOT_FOUND: {
    status: 404,
    exit: 'notFound',
    title: 'No such workload on this node',
    hint: 'Name a running workload of this node by its own pid or Kubernetes object.',
  },
  E_WORKLOAD_REQUEST: {
    status: 400,
    exit: 'usage',
    title: 'Workload API request is not valid',
    hint: 'Correct the field named in the detail.',
  },
  E_WORKLOAD_BUSY: {
    status: 429,
    exit: 'unavailable',
    title: 'Too many connections or streams',
    hint: 'Keep one stream per kind open instead of polling; try again with backoff.',
  },
  E_WORKLOAD_SOCKET: {
    status: 500,
    exit: 'conflict',
    title: 'Socket cannot be opened',
    hint: 'Check the path, its directory and whether another agent is serving it.',
  },
  E_WORKLOAD_ENDPOINT: {
    status: 400,
    exit: 'usage',
    title: 'Endpoint address is not valid',
    hint: 'Write unix:/absolute/path or tcp:127.0.0.1:port.',
  },
});
