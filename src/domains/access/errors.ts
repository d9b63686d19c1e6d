/** Codes of the access room. E_POLICY_INVALID is the engine's. */
import { defineErrors } from '../../kernel/errors.ts';

export const accessErrors = defineErrors({
  E_ENTITY_INVALID: {
    status: 422,
    exit: 'usage',
    title: 'Entity does not fit',
    hint: 'Compare it with the schema in force, by default content/policies/schema.cedarschema.',
  },
  E_POLICY_CONFLICT: {
    status: 409,
    exit: 'conflict',
    title: 'Policies were replaced by somebody else',
    hint: 'Read the set in force, merge your change and try again.',
  },
  E_POLICY_FILES: {
    status: 500,
    exit: 'usage',
    title: 'Policy directory cannot be used',
    hint: 'Check `policies.dir`: at most 1,000 .cedar files of 1 MiB each, readable.',
  },
  E_ACCESS_STALE: {
    status: 503,
    exit: 'unavailable',
    title: 'Knowledge of entities and policies is too old',
    hint: 'The database has not answered for a while; check it and the network to it.',
  },
  E_REPLAY_UNAVAILABLE: {
    status: 409,
    exit: 'unavailable',
    title: 'No recorded decisions to replay',
    hint: 'Replay needs a ledger; start the server with one.',
  },
});
