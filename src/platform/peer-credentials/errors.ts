/** Codes of the peer-credentials room. Each of them means: nobody is served. */
import { defineErrors } from '../../kernel/errors.ts';

export const peerErrors = defineErrors({
  E_PEER_UNSUPPORTED: {
    status: 503,
    exit: 'unavailable',
    title: 'This process cannot ask the kernel who its peers are',
    hint: 'Run on Linux without --no-experimental-ffi (and with --allow-ffi under --permission), or give each workload its own socket.',
  },
  E_PEER_UNKNOWN: {
    status: 403,
    exit: 'denied',
    title: 'The kernel does not say who is at the other end',
    hint: 'Connect over the unix socket from a process of the same PID namespace or an enclosed one.',
  },
});
