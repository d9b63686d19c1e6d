/** Codes of the identity room. Those of credentials themselves (`E_SVID_…`) come from the pki engine. */
import { defineErrors } from '../../kernel/errors.ts';

export const identityErrors = defineErrors({
  E_IDENTITY_CREDENTIAL: {
    status: 401,
    exit: 'notAuthenticated',
    title: 'Unknown, expired or revoked credential',
    hint: 'Present a valid API token (`sallyport token create`) or SVID.',
  },
  E_IDENTITY_DISABLED: {
    status: 401,
    exit: 'notAuthenticated',
    title: 'Principal is disabled or unknown',
    hint: 'Ask an administrator to create or enable the principal.',
  },
  E_IDENTITY_ATTEMPTS: {
    status: 429,
    exit: 'notAuthenticated',
    title: 'Too many failed attempts',
    hint: 'Wait a minute, then try again with a valid credential.',
  },
  E_IDENTITY_STALE: {
    status: 503,
    exit: 'unavailable',
    title: 'Knowledge of revocations is too old',
    hint: 'Restore the connection between this server and its storage.',
  },
  E_IDENTITY_UNAVAILABLE: {
    status: 503,
    exit: 'unavailable',
    title: 'Identities cannot be read',
    hint: 'Restore the storage of this server and try again.',
  },
  E_IDENTITY_REQUEST: {
    status: 400,
    exit: 'usage',
    title: 'Identity request out of bounds',
    hint: 'Correct the value named in the detail.',
  },
  E_PRINCIPAL_EXISTS: {
    status: 409,
    exit: 'conflict',
    title: 'Principal id or SPIFFE ID is taken',
    hint: 'Choose another one, or use the principal that has it.',
  },
  E_PRINCIPAL_NOT_FOUND: {
    status: 404,
    exit: 'notFound',
    title: 'No such principal',
    hint: 'List the principals and check the id.',
  },
  E_TOKEN_NOT_FOUND: {
    status: 404,
    exit: 'notFound',
    title: 'No such API token',
    hint: 'List the tokens of the principal and check the id.',
  },
  E_JOIN_TOKEN: {
    status: 401,
    exit: 'notAuthenticated',
    title: 'Join token is unknown, used or expired',
    hint: 'Create a new join token; each one works once.',
  },
  E_ENROLMENT_CODE: {
    status: 401,
    exit: 'notAuthenticated',
    title: 'Enrolment code is wrong, used or expired',
    hint: 'Read the code from the data directory of the server; a restart leaves a fresh one while no administrator exists.',
  },
  E_IDENTITY_TRUST_DOMAIN: {
    status: 500,
    exit: 'conflict',
    title: 'The storage belongs to another trust domain',
    hint: 'Set trustDomain back, or start with a new data directory.',
  },
  E_AUTHORITY_UNAVAILABLE: {
    status: 503,
    exit: 'unavailable',
    title: 'This server holds no signing key of the trust domain',
    hint: 'Ask the server whose key store holds the authority, or restore its key store here.',
  },
});
