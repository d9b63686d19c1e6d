/** `sallyport policy explain`: one decision and a word about every policy, offline. */
import type { Invocation } from '../command.ts';
import { readQuestion } from '../decide-offline.ts';
import { formatTable } from '../table.ts';
import { describeDecision } from './policy-authorize.ts';

/** Prints decision and policies. */
export const run = async (invocation: Invocation): Promise<void> => {
  const { set, request, entities } = await readQuestion(invocation);
  const explanation = set.explain(request, entities);
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
