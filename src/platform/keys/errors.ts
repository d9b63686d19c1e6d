/** What can go wrong with keys. No message tells more than that it went wrong. */
import { defineErrors } from '../../kernel/errors.ts';

export const keysErrors = defineErrors({
  E_KEYS_SEALED: {
    status: 503,
    exit: 'unavailable',
    title: 'Key store cannot be opened',
    hint: 'Check the passphrase and that the key store file is the one it belongs to.',
  },
  E_KEYS_UNKNOWN: {
    status: 500,
    exit: 'notFound',
    title: 'No such key',
    hint: 'The key or this version of it was never made or was destroyed.',
  },
  E_KEYS_MISMATCH: {
    status: 500,
    exit: 'conflict',
    title: 'Key of another kind',
    hint: 'Use another name, or the algorithm the key was made with.',
  },
  E_KEYS_UNWRAP: {
    status: 500,
    exit: 'verificationFailed',
    title: 'Wrapped bytes do not open',
    hint: 'They were wrapped by another key, or were changed.',
  },
  E_KEYS_CLOSED: {
    status: 503,
    exit: 'unavailable',
    title: 'Key store is closed',
    hint: 'The process is shutting down; try again.',
  },
});
