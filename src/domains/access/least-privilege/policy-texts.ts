/** The policies of files as trees, with the ids and places that decisions name. */
import { authorizationErrors, type PolicySource } from '../../../engines/authorization/index.ts';
import {
  isCedarErrors,
  isTemplate,
  parsePolicies,
  type PolicyNode,
} from '../../../engines/cedar/index.ts';
import { type Refusal, refuse } from '../../../kernel/errors.ts';

export type PlacedPolicy = {
  readonly id: string;
  readonly node: PolicyNode;
  readonly file: string;
  /** One-based. */
  readonly line: number;
  /** Offsets in the text of the file, annotations and `;` included. */
  readonly start: number;
  readonly end: number;
};

const lineOf = (text: string, offset: number): number => text.slice(0, offset).split('\n').length;

/** Annotation that keeps a policy out of least privilege, for doors that are seldom used. */
export const isKept = ({ id, node }: PlacedPolicy, keep: readonly string[] = []): boolean =>
  node.annotations.has('keep') || keep.includes(id);

/** Reads all files; ids count over all of them, as in decisions. */
export const readPolicyTexts = (
  files: readonly PolicySource[],
): readonly PlacedPolicy[] | Refusal => {
  const placed: PlacedPolicy[] = [];
  let index = 0;
  for (const { file, text } of files) {
    const parsed = parsePolicies(text);
    if (isCedarErrors(parsed))
      return refuse(authorizationErrors.E_POLICY_INVALID, `${file}: ${parsed[0]?.message ?? ''}`);
    for (const { node } of parsed.policies) {
      const id = node.annotations.get('id') ?? `policy${index}`;
      index++;
      const { start, end } = node.span ?? { start: 0, end: 0 };
      if (!isTemplate(node)) placed.push({ id, node, file, line: lineOf(text, start), start, end });
    }
  }
  return placed;
};
