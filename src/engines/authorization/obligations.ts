/**
 * The grammar of `@obligations("redact:pii, round_scores:2")`: names of lower-case letters, digits
 * and `_`, each with at most one argument. Anything else is refused, since an obligation that
 * nobody understands would not be carried out.
 */
import { isRefusal, type Refusal, refuse } from '../../kernel/errors.ts';
import { authorizationErrors } from './errors.ts';
import type { Obligation } from './types.ts';

const maxListLength = 1024;
const namePattern = /^[a-z][a-z0-9_]{0,63}$/;
const argumentPattern = /^[A-Za-z0-9][A-Za-z0-9_./@-]{0,127}$/;

const parseItem = (item: string): Obligation | Refusal => {
  const colon = item.indexOf(':');
  const name = colon < 0 ? item : item.slice(0, colon);
  if (!namePattern.test(name))
    return refuse(
      authorizationErrors.E_POLICY_INVALID,
      `${JSON.stringify(name)} is not an obligation name`,
    );
  if (colon < 0) return { name };
  const argument = item.slice(colon + 1);
  if (!argumentPattern.test(argument))
    return refuse(
      authorizationErrors.E_POLICY_INVALID,
      `obligation ${name} has the malformed argument ${JSON.stringify(argument)}`,
    );
  return { name, argument };
};

/** Parses one annotation value: items separated by commas, blanks around items ignored. */
export const parseObligations = (list: string): readonly Obligation[] | Refusal => {
  if (list.length > maxListLength)
    return refuse(
      authorizationErrors.E_POLICY_INVALID,
      `obligation list is longer than ${maxListLength} characters`,
    );
  const obligations: Obligation[] = [];
  for (const item of list.split(',')) {
    const parsed = parseItem(item.trim());
    if (isRefusal(parsed)) return parsed;
    obligations.push(parsed);
  }
  return uniteObligations([obligations]);
};

/** All obligations of all lists once each, in order of first appearance. */
export const uniteObligations = (
  lists: readonly (readonly Obligation[])[],
): readonly Obligation[] => {
  const united = new Map<string, Obligation>();
  for (const list of lists)
    for (const obligation of list) {
      const key = `${obligation.name}:${obligation.argument ?? ''}`;
      if (!united.has(key)) united.set(key, obligation);
    }
  return [...united.values()];
};
