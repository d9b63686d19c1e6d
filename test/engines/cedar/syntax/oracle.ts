/** The oracle: Cedar's own parser in WebAssembly, its trees as plain JSON. */
import {
  checkParsePolicySet,
  type Policy,
  policySetTextToParts,
  policyToJson,
  templateToJson,
} from '@cedar-policy/cedar-wasm/nodejs';
import type { EstValue } from '../../../../src/engines/cedar/index.ts';

/** The tree of one policy or template (text or JSON), or undefined when it is refused. */
export const oracleTree = (policy: unknown): unknown => {
  const answer = policyToJson(policy as Policy);
  if (answer.type === 'success') return answer.json;
  const template = templateToJson(policy as Policy);
  return template.type === 'success' ? template.json : undefined;
};

/** True when the text is a series of policies and templates. */
export const oracleAcceptsText = (text: string): boolean =>
  policySetTextToParts(text).type === 'success';

/** True when the object is a policy set; malformed calls throw there. */
export const oracleAcceptsSet = (set: unknown): boolean => {
  try {
    return checkParsePolicySet(set as Parameters<typeof checkParsePolicySet>[0]).type === 'success';
  } catch {
    return false;
  }
};

type Plain = { readonly [key: string]: unknown };

/** Integers as the oracle hands them out: rounded to doubles. */
export const rounded = (value: EstValue): unknown => {
  if (typeof value === 'bigint') return Number(value);
  if (typeof value !== 'object') return value;
  if (Array.isArray(value)) return (value as readonly EstValue[]).map(rounded);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, rounded(item)]));
};

/** The oracle tells `@a` from `@a("")`; our tree does not. */
export const withoutNulls = (tree: unknown): unknown => {
  const { annotations, ...rest } = tree as Plain & { annotations?: Plain };
  if (annotations === undefined) return rest;
  const filled = Object.entries(annotations).map(([key, value]) => [key, value ?? '']);
  return { ...rest, annotations: Object.fromEntries(filled) as Plain };
};
