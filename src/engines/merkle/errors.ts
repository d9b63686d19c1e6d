/** Codes of this room. Refusals, all of them: a verifier says no, it does not fail. */
import { defineErrors } from '../../kernel/errors.ts';

export const merkleErrors = defineErrors({
  E_LOG_FORMAT: {
    status: 400,
    exit: 'verificationFailed',
    title: 'Malformed transparency log data',
    hint: 'Fetch the note, key, tile or proof again; it does not follow the C2SP formats.',
  },
  E_LOG_SIGNATURE: {
    status: 422,
    exit: 'verificationFailed',
    title: 'Signature of a transparency log not verified',
    hint: 'Check that the keys of the policy are those of the log, then treat the note as forged.',
  },
  E_LOG_PROOF: {
    status: 422,
    exit: 'verificationFailed',
    title: 'Proof of a transparency log not verified',
    hint: 'Check index, entry and checkpoint, then treat the log as forged.',
  },
  E_LOG_POLICY: {
    status: 400,
    exit: 'usage',
    title: 'Malformed log policy',
    hint: 'Correct the policy file at the line named in the detail.',
  },
});
