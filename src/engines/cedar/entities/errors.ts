/** Codes of the entity store. */
import { defineErrors } from '../../../kernel/errors.ts';

export const entityErrors = defineErrors({
  E_CEDAR_ENTITIES: {
    status: 400,
    exit: 'usage',
    title: 'Entities are malformed',
    hint: 'Send an array of {uid:{type,id}, attrs, parents, tags} in the Cedar entity notation.',
  },
});
