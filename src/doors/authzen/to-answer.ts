/** A decision as an AuthZEN answer: reasons, obligations and errors stand in its context. */
import type { Decision } from '../../domains/access/index.ts';
import { lackingOf, obligationsOf, type Subject } from './obligations.ts';
import type { EvaluationAnswer } from './schemas.ts';

/** Whom the decision is about, and what the enforcement point can carry out when it says so. */
export type About = {
  readonly subject: Subject;
  readonly supported?: readonly string[] | undefined;
};

/**
 * The answer to a decision. A denial is an answer like any other. A permit that obliges to what the
 * enforcement point cannot do is denied here, as the profile has it deny there.
 */
export const toAnswer = (decision: Decision, about: About): EvaluationAnswer => {
  const { reasons, errors } = decision;
  const obligations = obligationsOf(decision, about.subject);
  const context: Record<string, unknown> = {};
  if (reasons.length > 0) context['reasons'] = reasons;
  if (obligations.length > 0) context['obligations'] = obligations;
  if (errors.length > 0) context['errors'] = errors;
  const isPermitted = decision.decision === 'allow';
  const lacking = isPermitted ? lackingOf(obligations, about.supported) : undefined;
  if (lacking !== undefined)
    context['error'] = { status: 403, message: `obligation ${lacking.id} is not supported` };
  const isAllowed = isPermitted && lacking === undefined;
  return Object.keys(context).length === 0
    ? { decision: isAllowed }
    : { decision: isAllowed, context };
};

/** The answer to an entry of a batch that cannot be read (section 7.2). */
export const brokenEntry = (message: string): EvaluationAnswer => ({
  decision: false,
  context: { error: { status: 400, message } },
});
