/** `sallyport policy validate`: every problem with its place; exit code 6 when one is an error. */
import { validatePolicies } from '../../../engines/authorization/index.ts';
import type { ExitName } from '../../../kernel/errors.ts';
import type { Invocation } from '../command.ts';
import { readPolicies, readSchema } from '../policy-input.ts';

/** Prints the problems. */
export const run = async (invocation: Invocation): Promise<ExitName> => {
  const policies = await readPolicies(invocation);
  const schema = await readSchema(invocation);
  const problems = validatePolicies({ policies, ...(schema === undefined ? {} : { schema }) });
  const ok = problems.every(({ severity }) => severity !== 'error');
  invocation.terminal.show({ ok, problems }, () =>
    problems.length === 0
      ? `ok: ${policies.length} file(s)`
      : problems
          .map(
            ({ severity, file, line, policyId, message }) =>
              `${file ?? '?'}:${line ?? '?'}: ${severity}: ${policyId === undefined ? '' : `${policyId}: `}${message}`,
          )
          .join('\n'),
  );
  return ok ? 'ok' : 'verificationFailed';
};
