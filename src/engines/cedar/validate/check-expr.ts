/** The type checker: gives every expression its type, or reports why it has none. */
import type { BinaryOperator, Expr } from '../ast.ts';
import { isActionType, uidKey } from '../schema/model.ts';
import type { Capabilities } from './capabilities.ts';
import { type Check, expectType, report, type Rule, type Typed, typed } from './check.ts';
import { typeGet, typeGetTag, typeHas, typeHasTag } from './check-access.ts';
import { typeCall } from './check-calls.ts';
import { helpFor, typeAnd, typeIf, typeNot, typeOr } from './check-logic.ts';
import {
  typeArithmetic,
  typeContains,
  typeContainsMany,
  typeEqual,
  typeIn,
  typeIs,
  typeIsEmpty,
  typeNegate,
  typeOrder,
  typeUnequal,
} from './check-relations.ts';
import { findingCodes } from './findings.ts';
import {
  boolean,
  formatType,
  isClash,
  join,
  long,
  never,
  single,
  string,
  type Type,
} from './types.ts';

const typeVariable: Rule<'variable'> = ({ environment }, { name }) => {
  if (name === 'context') return typed(environment.context);
  if (name === 'action') return typed({ kind: 'entity', name: environment.action.uid.type });
  return typed({ kind: 'entity', name: environment[name] });
};

const typeSlot: Rule<'slot'> = ({ environment }, { slot }) => {
  const name = environment.slots[slot];
  return typed(name === undefined ? never : { kind: 'entity', name });
};

/** Unknown types and actions have been reported when the names were looked at. */
const typeEntity: Rule<'entity'> = ({ schema }, { uid }) => {
  const isKnown = isActionType(uid.type)
    ? schema.actions.has(uidKey(uid))
    : schema.entityTypes.has(uid.type);
  return typed(isKnown ? { kind: 'entity', name: uid.type } : never);
};

const typeSet: Rule<'set'> = (check, { elements, span }, known) => {
  if (elements.length === 0) {
    const message = 'the type of an empty set is not known';
    report(check, { code: findingCodes.emptySet, message, span, help: 'use `isEmpty`' });
    return typed({ kind: 'set', element: never });
  }
  let element: Type = never;
  for (const item of elements) {
    const { type } = check.typeOf(item, known);
    const joined = join(element, type);
    if (isClash(joined)) {
      const message = `the elements have the types ${formatType(element)} and ${formatType(type)}`;
      const help = helpFor(joined);
      report(check, { code: findingCodes.incompatible, message, span: item.span ?? span, help });
    } else element = joined;
  }
  return typed({ kind: 'set', element });
};

const typeRecord: Rule<'record'> = (check, { entries }, known) =>
  typed({
    kind: 'record',
    attributes: new Map(
      entries.map(({ key, value }) => [
        key,
        { type: check.typeOf(value, known).type, required: true },
      ]),
    ),
  });

const typeLike: Rule<'like'> = (check, { operand }, known) => {
  expectType(check, operand, { known, fits: ({ kind }) => kind === 'string', expected: 'String' });
  return typed(boolean);
};

const binaryRules: Readonly<Record<BinaryOperator, Rule<'binary'>>> = {
  '==': typeEqual,
  '!=': typeUnequal,
  '<': typeOrder,
  '<=': typeOrder,
  '>': typeOrder,
  '>=': typeOrder,
  '+': typeArithmetic,
  '-': typeArithmetic,
  '*': typeArithmetic,
  in: typeIn,
  contains: typeContains,
  containsAll: typeContainsMany,
  containsAny: typeContainsMany,
  getTag: typeGetTag,
  hasTag: typeHasTag,
};

type Rules = { readonly [Kind in Expr['kind']]: Rule<Kind> };

const rules: Rules = {
  bool: (_check, { value }) => typed(single(value)),
  long: () => typed(long),
  string: () => typed(string),
  entity: typeEntity,
  variable: typeVariable,
  slot: typeSlot,
  if: typeIf,
  and: typeAnd,
  or: typeOr,
  not: typeNot,
  negate: typeNegate,
  isEmpty: typeIsEmpty,
  binary: (check, expr, known) => binaryRules[expr.operator](check, expr, known),
  like: typeLike,
  is: typeIs,
  has: typeHas,
  get: typeGet,
  set: typeSet,
  record: typeRecord,
  call: typeCall,
};

/** A checker for one kind of request. */
export const createCheck = (parts: Omit<Check, 'typeOf'>): Check => {
  const check: Check = {
    ...parts,
    typeOf: (expr: Expr, known: Capabilities): Typed =>
      (rules[expr.kind] as Rule<Expr['kind']>)(check, expr, known),
  };
  return check;
};
