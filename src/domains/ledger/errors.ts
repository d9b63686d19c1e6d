/** Codes of the ledger. */
import { defineErrors } from '../../kernel/errors.ts';

export const ledgerErrors = defineErrors({
  E_LEDGER_UNAVAILABLE: {
    status: 503,
    exit: 'unavailable',
    title: 'The ledger cannot write',
    hint: 'Free space on the data directory; after a disk error check the disk and restart.',
  },
  E_LEDGER_EVENT_INVALID: {
    status: 500,
    exit: 'unexpected',
    title: 'Event is not valid OCSF 1.8.0',
    hint: 'This is a defect in the part that made the event; the data names the attributes.',
  },
  E_LEDGER_CORRUPT: {
    status: 500,
    exit: 'verificationFailed',
    title: 'The ledger on disk contradicts itself',
    hint: 'Nothing was changed. Run `sallyport ledger verify` and restore the directory from a copy.',
  },
  E_LEDGER_NO_ENTRY: {
    status: 404,
    exit: 'notFound',
    title: 'No such ledger entry',
    hint: 'Indexes run from 0 to the size of the log minus one.',
  },
  E_LEDGER_COSIGNATURE: {
    status: 422,
    exit: 'verificationFailed',
    title: 'Cosignature not accepted',
    hint: 'Sign the latest published checkpoint with a witness key listed in ledger.witnesses.',
  },
  E_LEDGER_QUERY: {
    status: 400,
    exit: 'usage',
    title: 'Bad ledger query',
    hint: 'Ask for 1 to 1,000 rows.',
  },
  E_LEDGER_CLOSED: {
    status: 503,
    exit: 'unavailable',
    title: 'The ledger is closed',
    hint: 'The server is stopping; try again on another one.',
  },
});
