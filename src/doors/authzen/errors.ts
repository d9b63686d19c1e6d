/** Codes of the AuthZEN door. */
import { defineErrors } from '../../kernel/errors.ts';

export const authzenErrors = defineErrors({
  E_AUTHZEN_REQUEST: {
    status: 400,
    exit: 'usage',
    title: 'Evaluation request is malformed',
    hint: 'Send subject {type, id}, action {name} and resource {type, id}; see AuthZEN 1.0, section 6.',
  },
});
