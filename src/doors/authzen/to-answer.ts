/** A decision as an AuthZEN answer: reasons, obligations and errors stand in its context. */
import type { Decision, Obligation } from '../../domains/access/index.ts';
import type { EvaluationAnswer } from './schemas.ts';

/** Obligations profile: types the profile names, and `custom` for the rest. */
const toObligation = ({ name, argument }: Obligation): Readonly<Record<string, unknown>> => {
  const id = argument === undefined ? name : `${name}:${argument}`;
  if (name === 'step_up' && argument !== undefined)
    return { id, type: 'step-up', properties: { acr_value: argument } };
  const properties = argument === undefined ? { name } : { name, argument };
  return { id, type: 'custom', properties };
};

/** The answer to a decision. A denial is an answer like any other. */
export const toAnswer = ({
  decision,
  reasons,
  obligations,
  errors,
}: Decision): EvaluationAnswer => {
  const context: Record<string, unknown> = {};
  if (reasons.length > 0) context['reasons'] = reasons;
  if (obligations.length > 0) context['obligations'] = obligations.map(toObligation);
  if (errors.length > 0) context['errors'] = errors;
  const isAllowed = decision === 'allow';
  return Object.keys(context).length === 0
    ? { decision: isAllowed }
    : { decision: isAllowed, context };
};

/** The answer to an entry of a batch that cannot be read (section 7.2). */
export const brokenEntry = (message: string): EvaluationAnswer => ({
  decision: false,
  context: { error: { status: 400, message } },
});
