/** Codes of the command line itself. */
import { defineErrors } from '../../kernel/errors.ts';

export const cliErrors = defineErrors({
  E_SERVER_UNREACHABLE: {
    status: 503,
    exit: 'unavailable',
    title: 'Server cannot be reached',
    hint: 'Start one with `sallyport server`, or name another with --server URL.',
  },
  E_SERVER_ANSWER: {
    status: 502,
    exit: 'unavailable',
    title: 'The answer did not come from a Sallyport server',
    hint: 'Check the URL given with --server.',
  },
  E_SERVER_ADDRESS: {
    status: 400,
    exit: 'usage',
    title: 'Server address cannot be used',
    hint: 'Give an http:// or https:// URL with --server, or a --data-dir whose server is running.',
  },
  E_CREDENTIAL_MISSING: {
    status: 401,
    exit: 'notAuthenticated',
    title: 'No credential for this server',
    hint: 'Run `sallyport enrol` once, or set SALLYPORT_TOKEN.',
  },
  E_CREDENTIAL_FILE: {
    status: 400,
    exit: 'usage',
    title: 'Credentials file cannot be used',
    hint: 'Remove the file and run `sallyport enrol` again.',
  },
  E_CODE_UNKNOWN: {
    status: 404,
    exit: 'notFound',
    title: 'No such error code',
    hint: 'docs/reference/errors.md lists all codes.',
  },
  E_INPUT_FILE: {
    status: 400,
    exit: 'usage',
    title: 'Input file cannot be used',
    hint: 'Correct the file at the place named in the detail.',
  },
  E_WORKLOAD_DENIED: {
    status: 403,
    exit: 'denied',
    title: 'The agent has no identity for this process',
    hint: 'Register an entry for it with `sallyport identity entry add`.',
  },
  E_WORKLOAD_INVALID: {
    status: 400,
    exit: 'verificationFailed',
    title: 'The agent refuses what it was asked',
    hint: 'Check the token and the audience.',
  },
  E_WORKLOAD_UNAVAILABLE: {
    status: 503,
    exit: 'unavailable',
    title: 'The agent cannot be reached or is not ready',
    hint: 'Start one with `sallyport agent run`, or name its socket with --socket.',
  },
  E_EXEC_COMMAND: {
    status: 400,
    exit: 'usage',
    title: 'The command cannot be started',
    hint: 'Give a program of this machine and its arguments after --.',
  },
});
