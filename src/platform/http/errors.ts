/** Codes of the http room: what is wrong with a request before any handler sees it. */
import { defineErrors } from '../../kernel/errors.ts';

export const httpErrors = defineErrors({
  E_ROUTE_UNKNOWN: {
    status: 404,
    exit: 'notFound',
    title: 'No such address',
    hint: 'GET /openapi.json lists every address this server answers.',
  },
  E_METHOD_NOT_ALLOWED: {
    status: 405,
    exit: 'usage',
    title: 'Method is not allowed here',
    hint: 'Use one of the methods in the Allow header.',
  },
  E_BODY_TOO_LARGE: {
    status: 413,
    exit: 'usage',
    title: 'Request body is too large',
    hint: 'Send a smaller body.',
  },
  E_MEDIA_TYPE: {
    status: 415,
    exit: 'usage',
    title: 'Media type is not supported',
    hint: 'Send the body as application/json.',
  },
  E_REQUEST_INVALID: {
    status: 400,
    exit: 'usage',
    title: 'Request does not fit the interface',
    hint: 'Correct the fields listed under problems; /openapi.json describes them.',
  },
  E_HANDLER_TIMEOUT: {
    status: 503,
    exit: 'unavailable',
    title: 'The server took too long',
    hint: 'Try again later.',
  },
  E_ROUTE_DECLARATION: {
    status: 500,
    exit: 'unexpected',
    title: 'Route is declared wrongly',
    hint: 'Give every route a guard {action, resource}, or {public: reason}.',
  },
});
