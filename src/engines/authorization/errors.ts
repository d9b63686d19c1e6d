/** Codes of the authorization engine. */
import { defineErrors } from '../../kernel/errors.ts';

export const authorizationErrors = defineErrors({
  E_POLICY_INVALID: {
    status: 422,
    exit: 'usage',
    title: 'Policies are invalid',
    hint: 'Correct the policies at the places listed under problems; try `sallyport policy validate`.',
  },
  E_POLICY_REQUEST_INVALID: {
    status: 400,
    exit: 'usage',
    title: 'Authorization request is malformed',
    hint: 'Send {principal:{type,id}, action:{type,id}, resource:{type,id}, context}.',
  },
  E_ENTITIES_INVALID: {
    status: 400,
    exit: 'usage',
    title: 'Entities are malformed',
    hint: 'Send an array of {uid:{type,id}, attrs, parents} in the Cedar entity notation.',
  },
  E_POLICY_ENGINE: {
    status: 503,
    exit: 'unavailable',
    title: 'The policy engine cannot answer',
    hint: 'Check that the package @cedar-policy/cedar-wasm is installed completely.',
  },
});
