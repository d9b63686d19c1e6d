/** Warns of text in policies that may read as other text than it is. */
import type { PolicyNode } from '../ast.ts';
import type { Reporter } from './findings.ts';

/** Placeholder until the scripts are there. */
export const checkTexts = (_policy: PolicyNode, _reporter: Reporter): void => undefined;
