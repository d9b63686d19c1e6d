/** Codes of least privilege. */
import { defineErrors } from '../../../kernel/errors.ts';

export const leastPrivilegeErrors = defineErrors({
  E_DECISIONS_INVALID: {
    status: 400,
    exit: 'usage',
    title: 'Recorded decisions cannot be read',
    hint: 'One JSON object per line: a ledger entry, or {timeMs, principal, action, resource, context, decision}.',
  },
  E_EVIDENCE_MISSING: {
    status: 409,
    exit: 'unavailable',
    title: 'Too little is recorded to propose anything',
    hint: 'Look further back with --since, or raise --limit until all of the window is read.',
  },
});
