/** The codes of the storage room. Callers react to codes, never to a driver's own message. */
import { defineErrors } from '../../kernel/errors.ts';

export const storageErrors = defineErrors({
  E_STORAGE_UNAVAILABLE: {
    status: 503,
    exit: 'unavailable',
    title: 'The database cannot be reached',
    hint: 'Check storage.url, the database server and free disk space, then try again.',
  },
  E_STORAGE_CONTENDED: {
    status: 503,
    exit: 'unavailable',
    title: 'The database is busy',
    hint: 'Try again; if it stays so, look for a transaction that is held open.',
  },
  E_STORAGE_CONFLICT: {
    status: 409,
    exit: 'conflict',
    title: 'The change contradicts what is stored',
    hint: 'Read the current state and decide again.',
  },
  E_STORAGE_ABORTED: {
    status: 500,
    exit: 'unexpected',
    title: 'The transaction was abandoned',
    hint: 'Let the first failure end the transaction; catch it outside.',
  },
  E_STORAGE_CORRUPT: {
    status: 503,
    exit: 'unavailable',
    title: 'The database file is damaged',
    hint: 'Stop the server and restore the data directory from a backup.',
  },
  E_STORAGE_VALUE: {
    status: 500,
    exit: 'unexpected',
    title: 'A value cannot be stored the same way on every database',
    hint: 'Store text without NUL, safe integers, finite numbers, bytes or null.',
  },
  E_STORAGE_URL: {
    status: 500,
    exit: 'usage',
    title: 'The storage address is not understood',
    hint: "Use 'sqlite:' (a file in the data directory), 'sqlite:/path' or 'postgres://…'.",
  },
  E_STORAGE_MIGRATION: {
    status: 500,
    exit: 'conflict',
    title: 'The database does not fit this version of Sallyport',
    hint: 'Run the version that last used this database, or a newer one; never edit a migration.',
  },
});
