/** Codes of the control plane. */
import { defineErrors } from '../../kernel/errors.ts';

export const apiErrors = defineErrors({
  E_API_CREDENTIAL_MISSING: {
    status: 401,
    exit: 'notAuthenticated',
    title: 'No credential was presented',
    hint: 'Send an API token or JWT-SVID as `Authorization: Bearer …`, or a client certificate.',
  },
  E_API_DENIED: {
    status: 403,
    exit: 'denied',
    title: 'Denied by policy',
    hint: 'Ask an administrator for a role that allows the action named in the detail.',
  },
  E_API_NOT_READY: {
    status: 503,
    exit: 'unavailable',
    title: 'The server is not ready',
    hint: 'The checks in the data say what is missing.',
  },
  E_API_LOCAL_ONLY: {
    status: 403,
    exit: 'denied',
    title: 'Answered on loopback only',
    hint: 'Use /api/v1/system/metrics with a credential that may `system:read`.',
  },
  E_API_TILE_UNKNOWN: {
    status: 404,
    exit: 'notFound',
    title: 'No such tile',
    hint: 'Ask for tiles below the size of the published checkpoint (C2SP tlog-tiles).',
  },
  E_API_DECISION_UNKNOWN: {
    status: 404,
    exit: 'notFound',
    title: 'No decision is recorded for this request',
    hint: 'Give the X-Request-ID of the answer; unauthenticated attempts leave no decision.',
  },
});
