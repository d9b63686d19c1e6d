/** `sallyport policy search`: who, what or which action fits a request with one open place, offline. */
import { searchFromFiles, type SearchResult } from '../../../engines/authorization/index.ts';
import { orThrow } from '../../../kernel/errors.ts';
import type { Invocation } from '../command.ts';
import { readPolicies, readSchema } from '../policy-input.ts';
import { readText } from '../read-input.ts';

/** Prints what was found and what the policies ask of it. */
export const run = async (invocation: Invocation): Promise<void> => {
  const { options, stdin, terminal } = invocation;
  const policies = await readPolicies(invocation);
  const schema = await readSchema(invocation);
  const entities = await readText(options.required('entities'), stdin);
  const request = await readText(options.required('request'), stdin);
  const limit = options.integer('limit', { min: 1, max: 1_000_000 });
  const found = orThrow(
    searchFromFiles({
      policies,
      entities,
      request,
      ...(schema === undefined ? {} : { schema }),
      ...(limit === undefined ? {} : { limit }),
    }),
  );
  terminal.show(found, describe);
};

const describe = ({ find, results, residuals }: SearchResult): string =>
  [
    results.length === 0 ? `no ${find} fits` : `${results.length} found`,
    ...results.map(({ type, id }) => `  ${type}::${JSON.stringify(id)}`),
    ...(residuals.length === 0 ? [] : [`what the policies ask of the ${find}:`]),
    ...residuals.map(({ policyId, effect, condition }) => `  ${effect} ${policyId}: ${condition}`),
  ].join('\n');
