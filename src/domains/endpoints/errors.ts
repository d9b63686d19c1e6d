/** Error codes of the endpoint registry and of egress. */
import { defineErrors } from '../../kernel/errors.ts';

export const endpointErrors = defineErrors({
  E_ENDPOINT_INVALID: {
    status: 422,
    exit: 'usage',
    title: 'Endpoint description not valid',
    hint: 'Correct the field named in the detail; see docs/guides/gateway.md.',
  },
  E_ENDPOINT_EXISTS: {
    status: 409,
    exit: 'conflict',
    title: 'Endpoint already exists',
    hint: 'Choose another name or update the existing endpoint.',
  },
  E_ENDPOINT_NOT_FOUND: {
    status: 404,
    exit: 'notFound',
    title: 'No such endpoint',
    hint: 'List the endpoints with `sallyport endpoint list`.',
  },
  E_ENDPOINT_CHANGED: {
    status: 409,
    exit: 'conflict',
    title: 'Endpoint was changed by somebody else',
    hint: 'Read the endpoint again and repeat the change.',
  },
  E_EGRESS_FORBIDDEN: {
    status: 403,
    exit: 'denied',
    title: 'Upstream address not allowed',
    hint: 'Register the upstream by an allowed address; link-local and metadata addresses never are.',
  },
});
