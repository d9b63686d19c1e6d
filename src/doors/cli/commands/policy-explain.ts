/** `sallyport policy explain`: one decision and a word about every policy, offline. */
import { explainFromFiles } from '../../../engines/authorization/index.ts';
import { orThrow } from '../../../kernel/errors.ts';
import type { Invocation } from '../command.ts';
import { readQuestion } from '../decide-offline.ts';
import { formatTable } from '../table.ts';
import { describeDecision } from './policy-authorize.ts';

/** Prints decision and policies. */
export const run = async (invocation: Invocation): Promise<void> => {
  const explanation = orThrow(explainFromFiles(await readQuestion(invocation)));
  invocation.terminal.show(explanation, ({ decision, policies }) =>
    [
      describeDecision(decision),
      '',
      formatTable(
        policies.map(({ policyId, effect, outcome, why, file, line }) => ({
          policy: policyId,
          effect,
          outcome,
          why,
          place: `${file ?? '?'}:${line ?? '?'}`,
        })),
      ),
    ].join('\n'),
  );
};
