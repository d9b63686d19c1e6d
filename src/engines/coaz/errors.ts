/** Codes of the mapping room. Every refusal carries `data.at`, the place in the expression, when it has one. */
import { defineErrors } from '../../kernel/errors.ts';

export const coazErrors = defineErrors({
  E_CEL_SYNTAX: {
    status: 400,
    exit: 'usage',
    title: 'Expression cannot be read',
    hint: 'Correct the expression at the column named; the subset of CEL is listed in the README.',
  },
  E_CEL_EVALUATION: {
    status: 400,
    exit: 'usage',
    title: 'Expression has no value',
    hint: 'Select what may be absent with .? and give a default with orValue().',
  },
  E_CEL_LIMIT: {
    status: 400,
    exit: 'usage',
    title: 'Expression does too much',
    hint: 'Shorten the expression or what it is applied to.',
  },
  E_COAZ_MAPPING: {
    status: 400,
    exit: 'usage',
    title: 'Mapping does not give an authorization request',
    hint: 'Give exactly one of evaluation and evaluations with subject, action and resource.',
  },
});
