/** The codes of the budgets room. */
import { defineErrors } from '../../kernel/errors.ts';

export const budgetErrors = defineErrors({
  E_BUDGET_EXCEEDED: {
    status: 429,
    exit: 'denied',
    title: 'The budget is used up',
    hint: 'Wait for the next window, or ask an administrator to raise the limit named in the detail.',
  },
  E_RATE_LIMITED: {
    status: 429,
    exit: 'denied',
    title: 'Too many requests or tokens in this minute',
    hint: 'Try again after the number of seconds in retryAfterSeconds.',
  },
  E_BUDGETS_UNAVAILABLE: {
    status: 503,
    exit: 'unavailable',
    title: 'Budgets cannot be checked',
    hint: 'Requests are refused until the database or cache that holds the budgets answers.',
  },
  E_LIMIT_MALFORMED: {
    status: 400,
    exit: 'usage',
    title: 'The limit is malformed',
    hint: 'Name a scope, a measure, a window and a whole amount from 0 to 10^15.',
  },
  E_LIMIT_UNKNOWN: {
    status: 404,
    exit: 'notFound',
    title: 'There is no such limit',
    hint: 'List the limits to see which exist.',
  },
});
