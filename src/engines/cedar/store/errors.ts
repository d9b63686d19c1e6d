/** Codes of the policy store. */
import { defineErrors } from '../../../kernel/errors.ts';

export const policyStoreErrors = defineErrors({
  E_CEDAR_POLICIES: {
    status: 422,
    exit: 'usage',
    title: 'Policies cannot be used',
    hint: 'Correct the policies or the schema at the places listed under problems.',
  },
});
