/** What `policy authorize` and `policy explain` share: a policy set and a question from files. */
import {
  createPolicySet,
  type Entity,
  type PolicyRequest,
  type PolicySet,
} from '../../engines/authorization/index.ts';
import { orThrow } from '../../kernel/errors.ts';
import type { Invocation } from './command.ts';
import { readEntities, readPolicies, readRequest, readSchema } from './policy-input.ts';

export type OfflineQuestion = {
  readonly set: PolicySet;
  readonly request: PolicyRequest;
  readonly entities: readonly Entity[];
};

/** Reads everything the options name. Throws E_POLICY_INVALID for a set that cannot be used. */
export const readQuestion = async (invocation: Invocation): Promise<OfflineQuestion> => {
  const policies = await readPolicies(invocation);
  const schema = await readSchema(invocation);
  const entities = await readEntities(invocation);
  const request = await readRequest(invocation);
  const set = orThrow(createPolicySet({ policies, ...(schema === undefined ? {} : { schema }) }));
  for (const { severity, message, file, line } of set.warnings)
    invocation.terminal.say(
      `${severity}: ${file ?? ''}${line === undefined ? '' : `:${line}`} ${message}`,
    );
  return { set, request, entities };
};
