/** What `policy authorize` and `policy explain` share: the files that the options name. */
import type { AuthorizationFiles } from '../../engines/authorization/index.ts';
import type { Invocation } from './command.ts';
import { readPolicies, readSchema } from './policy-input.ts';
import { readText } from './read-input.ts';

/** Reads policies, schema, entities and request, not yet parsed. */
export const readQuestion = async (invocation: Invocation): Promise<AuthorizationFiles> => {
  const { options, stdin } = invocation;
  const policies = await readPolicies(invocation);
  const schema = await readSchema(invocation);
  const entities = await readText(options.required('entities'), stdin);
  const request = await readText(options.required('request'), stdin);
  return { policies, entities, request, ...(schema === undefined ? {} : { schema }) };
};
