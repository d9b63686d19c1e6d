/** Codes of the agent door: its server, its own identity, its workloads, its proxies. */
import { defineErrors } from '../../kernel/errors.ts';

export const agentErrors = defineErrors({
  E_AGENT_SERVER: {
    status: 503,
    exit: 'unavailable',
    title: 'The server cannot be reached',
    hint: 'Check the address and the network; the agent keeps trying and serves what it holds.',
  },
  E_AGENT_SERVER_UNTRUSTED: {
    status: 503,
    exit: 'verificationFailed',
    title: 'The server did not prove that it belongs to the trust domain',
    hint: 'Give the trust bundle of this server with --bundle, or its root with --pin.',
  },
  E_AGENT_ANSWER: {
    status: 502,
    exit: 'unavailable',
    title: 'The server answered something else than agreed',
    hint: 'Run agent and server of the same version.',
  },
  E_AGENT_NOT_READY: {
    status: 503,
    exit: 'unavailable',
    title: 'The agent has no identities yet',
    hint: 'Wait until the agent has heard from its server; see its log.',
  },
  E_AGENT_STALE: {
    status: 503,
    exit: 'unavailable',
    title: 'Knowledge of revocations is too old to trust anybody',
    hint: 'Restore the connection between agent and server.',
  },
  E_AGENT_UNATTESTED: {
    status: 401,
    exit: 'notAuthenticated',
    title: 'The agent cannot prove which node it is',
    hint: 'Give a fresh join token or another attestor with --attestor.',
  },
  E_AGENT_OPTIONS: {
    status: 400,
    exit: 'usage',
    title: 'Options of the agent do not fit together',
    hint: 'Run the command with --help.',
  },
  E_AGENT_WORKLOAD: {
    status: 403,
    exit: 'denied',
    title: 'No registered entry is for this workload',
    hint: 'Register an entry whose selectors the workload has.',
  },
  E_AGENT_WORKLOAD_GONE: {
    status: 404,
    exit: 'notFound',
    title: 'The workload is gone',
    hint: 'Name a process that is running on this node.',
  },
  E_AGENT_BUSY: {
    status: 429,
    exit: 'unavailable',
    title: 'Too many workloads at once',
    hint: 'Try again with backoff.',
  },
  E_PROXY_PEER: {
    status: 403,
    exit: 'denied',
    title: 'The peer of the proxy is not admitted',
    hint: 'Admit its SPIFFE ID, or present an SVID of the trust domain.',
  },
  E_PROXY_LISTEN: {
    status: 500,
    exit: 'conflict',
    title: 'The proxy cannot listen',
    hint: 'Choose a free address.',
  },
});
