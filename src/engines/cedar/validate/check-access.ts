/** Types what reads parts: attributes, tags, and the tests whether they are there. */
import type { Expr, Span } from '../ast.ts';
import { didYouMean } from '../schema/suggest.ts';
import {
  attributeCapability,
  type Capabilities,
  noCapabilities,
  tagCapability,
  union,
} from './capabilities.ts';
import {
  type Check,
  expectEntity,
  expectType,
  report,
  type Rule,
  type Typed,
  typed,
} from './check.ts';
import { findingCodes } from './findings.ts';
import {
  attributesOf,
  boolean,
  formatType,
  never,
  type RecordType,
  single,
  type Type,
} from './types.ts';

const hasParts = ({ kind }: Type): boolean => kind === 'entity' || kind === 'record';
const partsExpected = 'an entity or a record';

const expectParts = (check: Check, expr: Expr, known: Capabilities): Type =>
  expectType(check, expr, { known, fits: hasParts, expected: partsExpected }).type;

/** The same for a type that is known already. */
const requireParts = (check: Check, type: Type, span: Span | undefined): Type => {
  if (type.kind === 'never' || hasParts(type)) return type;
  const message = `expected ${partsExpected}, found ${formatType(type)}`;
  report(check, { code: findingCodes.type, message, span });
  return never;
};

const partsOf = (check: Check, type: Type): RecordType['attributes'] => {
  if (type.kind === 'record') return type.attributes;
  return attributesOf(check.schema, type.kind === 'entity' ? type.name : '');
};

const ownerName = (check: Check, owner: Expr, type: Type): string => {
  if (type.kind === 'entity') return `the entity type \`${type.name}\``;
  const isContext = owner.kind === 'variable' && owner.name === 'context';
  return isContext ? `the context of ${check.environment.kind.action}` : 'this record';
};

export const typeGet: Rule<'get'> = (check, expr, known) => {
  const { operand, attribute, span } = expr;
  const type = expectParts(check, operand, known);
  const isUnknown = operand.kind === 'call' && operand.name === 'unknown';
  if (type.kind === 'never' && !isUnknown) return typed(never);
  const parts = partsOf(check, type);
  const found = parts.get(attribute);
  const owner = ownerName(check, operand, type);
  if (found === undefined) {
    const message = `${owner} has no attribute \`${attribute}\``;
    const help = didYouMean(attribute, parts.keys());
    report(check, { code: findingCodes.unknownAttribute, message, span, help });
    return typed(never);
  }
  const isTested = known.has(attributeCapability(check.numbering, operand, attribute));
  if (found.required || isTested) return typed(found.type);
  const message = `the attribute \`${attribute}\` of ${owner} is optional`;
  const help = `test with \`has ${attribute}\` before reading it`;
  report(check, { code: findingCodes.optionalAttribute, message, span, help });
  return typed(found.type);
};

type Step = { readonly operand: Expr; readonly type: Type; readonly name: string };
/** What one step of a path tells; `next` is the type of the attribute where it is there. */
type StepAnswer = Typed & { readonly next: Type };

const typeStep = (check: Check, { operand, type, name }: Step, known: Capabilities): StepAnswer => {
  const capability = attributeCapability(check.numbering, operand, name);
  const gains = new Set([capability]);
  if (type.kind === 'never') return { type: boolean, gains, next: never };
  const found = partsOf(check, type).get(name);
  if (found === undefined) return { ...typed(single(false)), next: never };
  // An entity may be missing from the store, so of entities even required attributes are tested.
  const isSure = known.has(capability) || (found.required && type.kind === 'record');
  return { type: isSure ? single(true) : boolean, gains, next: found.type };
};

/** `e has a.b` asks `e has a && e.a has b`. The operand is typed once, whatever the length. */
export const typeHas: Rule<'has'> = (check, { operand: owner, path, span }, outer) => {
  let operand = owner;
  let type = expectParts(check, owner, outer);
  let [known, gains] = [outer, noCapabilities];
  let isSure = true;
  for (const [index, name] of path.entries()) {
    if (index > 0) type = requireParts(check, type, span);
    const step = typeStep(check, { operand, type, name }, known);
    if (step.type.kind === 'false') return typed(step.type);
    isSure &&= step.type.kind === 'true';
    gains = union(gains, step.gains);
    known = union(known, step.gains);
    operand = { kind: 'get', operand, attribute: name };
    type = step.next;
  }
  return { type: isSure ? single(true) : boolean, gains };
};

type TagTest = {
  readonly tags: Type | undefined;
  readonly capability: string;
  readonly owner: Type;
};

const tagOperands = (
  check: Check,
  { left, right }: { readonly left: Expr; readonly right: Expr },
  known: Capabilities,
): TagTest => {
  const owner = expectEntity(check, left, known).type;
  expectType(check, right, { known, fits: ({ kind }) => kind === 'string', expected: 'String' });
  const tags = owner.kind === 'entity' ? check.schema.entityTypes.get(owner.name)?.tags : undefined;
  return { tags, owner, capability: tagCapability(check.numbering, left, right) };
};

export const typeHasTag: Rule<'binary'> = (check, expr, known) => {
  const { tags, owner, capability } = tagOperands(check, expr, known);
  const gains = new Set([capability]);
  if (owner.kind === 'never') return { type: boolean, gains };
  if (tags === undefined) return typed(single(false));
  return { type: known.has(capability) ? single(true) : boolean, gains };
};

export const typeGetTag: Rule<'binary'> = (check, expr, known) => {
  const { tags, owner, capability } = tagOperands(check, expr, known);
  if (owner.kind !== 'entity') return typed(never);
  if (tags !== undefined && known.has(capability)) return typed(tags);
  const message =
    tags === undefined
      ? `entities of the type \`${owner.name}\` have no tags`
      : 'this tag may be missing';
  const help = tags === undefined ? undefined : 'test with `.hasTag(…)` before reading it';
  report(check, { code: findingCodes.tag, message, span: expr.span, help });
  return typed(tags ?? never);
};
