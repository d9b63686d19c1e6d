/** `sallyport policy authorize`: one decision, offline. Both decisions end with exit code 0. */
import { authorizeFromFiles, type Decision } from '../../../engines/authorization/index.ts';
import { orThrow } from '../../../kernel/errors.ts';
import type { Invocation } from '../command.ts';
import { readQuestion } from '../decide-offline.ts';

/** Prints the decision with reasons, obligations and errors. */
export const run = async (invocation: Invocation): Promise<void> => {
  const decided = orThrow(authorizeFromFiles(await readQuestion(invocation)));
  const { decision, reasons, obligations, errors } = decided;
  invocation.terminal.show({ decision, reasons, obligations, errors }, describeDecision);
};

/** A decision for people. */
export const describeDecision = (decision: Decision): string => {
  const because = decision.reasons.map(
    ({ policyId, file, line }) => `  because of ${policyId} (${file ?? '?'}:${line ?? '?'})`,
  );
  const duties = decision.obligations.map(({ name, argument }) =>
    argument === undefined ? `  obligation ${name}` : `  obligation ${name}: ${argument}`,
  );
  const errors = decision.errors.map(({ policyId, message }) => `  error ${policyId}: ${message}`);
  return [decision.decision, ...because, ...duties, ...errors].join('\n');
};
