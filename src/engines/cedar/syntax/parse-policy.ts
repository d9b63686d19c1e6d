/** One policy of the human notation: annotations, effect, scope, conditions. */
import type {
  ActionConstraint,
  Condition,
  EntityUid,
  PolicyNode,
  ScopeConstraint,
  ScopeTarget,
  Slot,
} from '../ast.ts';
import {
  accept,
  advance,
  type Cursor,
  enter,
  excerpt,
  expect,
  fail,
  isAt,
  leave,
  spanFrom,
  tokenSpan,
  unexpected,
} from './cursor.ts';
import { isActionType } from './names.ts';
import { parseExpr } from './parse-expression.ts';
import { atWord, readEntityId, readPath, readString, readTypeName } from './parse-words.ts';
import { suggest } from './suggest.ts';

type ScopeVariable = 'principal' | 'action' | 'resource';
const scopeOrder = 'a scope is (principal, action, resource) in this order';

const readAnnotation = (cursor: Cursor, annotations: Map<string, string>): void => {
  const { start } = cursor;
  advance(cursor);
  if (!atWord(cursor)) unexpected(cursor, 'the name of an annotation');
  const name = cursor.word;
  advance(cursor);
  let value = '';
  if (accept(cursor, '(')) {
    if (cursor.kind !== 'string') unexpected(cursor, 'a string', `without a value write @${name}`);
    value = readString(cursor);
    expect(cursor, ')');
  }
  if (annotations.has(name))
    fail({ message: `the annotation @${name} stands twice`, span: spanFrom(cursor, start) });
  annotations.set(name, value);
};

const readEffect = (cursor: Cursor): 'permit' | 'forbid' => {
  const { word } = cursor;
  if (cursor.kind !== 'identifier') return unexpected(cursor, '`permit` or `forbid`');
  if (word !== 'permit' && word !== 'forbid') {
    const help = suggest(word, ['permit', 'forbid']);
    return unexpected(cursor, '`permit` or `forbid`', help);
  }
  advance(cursor);
  return word;
};

/** Reads in parentheses as well as without. */
const inParentheses = <T>(cursor: Cursor, read: () => T): T => {
  if (cursor.kind !== '(') return read();
  enter(cursor, 2);
  advance(cursor);
  const value = inParentheses(cursor, read);
  expect(cursor, ')');
  leave(cursor, 2);
  return value;
};

const readEntity = (cursor: Cursor): EntityUid => {
  const expected = 'an entity like Type::"id"';
  if (cursor.kind === 'slot')
    return unexpected(cursor, expected, 'only principal and resource can be slots');
  const path = readPath(cursor, expected);
  if (path.isType) return readEntityId(cursor, path);
  return unexpected(cursor, `\`::"…"\` after ${excerpt(path.name)}`, 'to test the type use `is`');
};

const readTarget = (cursor: Cursor, variable: 'principal' | 'resource'): ScopeTarget =>
  inParentheses(cursor, () => {
    if (cursor.kind !== 'slot') {
      if (cursor.kind === '[') unexpected(cursor, 'one entity', 'lists stand in conditions only');
      return readEntity(cursor);
    }
    const slot: Slot = `?${variable}`;
    if (cursor.text.slice(cursor.start, cursor.end) !== slot) unexpected(cursor, `\`${slot}\``);
    advance(cursor);
    return { slot };
  });

const failScopeOperator = (cursor: Cursor, choice: string): never =>
  unexpected(
    cursor,
    `${choice}, \`,\` or \`)\``,
    cursor.kind === ':' ? 'to test the type use `is`' : 'other tests stand in a `when` condition',
  );

const parseConstraint = (cursor: Cursor, variable: 'principal' | 'resource'): ScopeConstraint => {
  if (cursor.kind === ',' || cursor.kind === ')') return { kind: 'any' };
  if (accept(cursor, '==')) return { kind: '==', entity: readTarget(cursor, variable) };
  if (accept(cursor, 'in')) return { kind: 'in', entity: readTarget(cursor, variable) };
  if (!accept(cursor, 'is')) return failScopeOperator(cursor, '`==`, `in`, `is`');
  const entityType = readTypeName(cursor);
  if (!accept(cursor, 'in')) return { kind: 'is', entityType };
  return { kind: 'is', entityType, in: readTarget(cursor, variable) };
};

const readAction = (cursor: Cursor): EntityUid => {
  const { start } = cursor;
  const uid = readEntity(cursor);
  if (isActionType(uid.type)) return uid;
  return fail({
    message: `\`${excerpt(uid.type)}\` is not the type of an action`,
    span: spanFrom(cursor, start),
    help: 'actions have the type Action, in any namespace: Action::"…", Shop::Action::"…"',
  });
};

const readActionList = (cursor: Cursor): ActionConstraint => {
  const entities: EntityUid[] = [];
  advance(cursor);
  while (cursor.kind !== ']') {
    entities.push(inParentheses(cursor, () => readAction(cursor)));
    if (!accept(cursor, ',') && !isAt(cursor, ']')) unexpected(cursor, '`,` or `]`');
  }
  advance(cursor);
  return { kind: 'in', entities, isList: true };
};

const parseActionConstraint = (cursor: Cursor): ActionConstraint => {
  if (cursor.kind === ',' || cursor.kind === ')') return { kind: 'any' };
  if (accept(cursor, '=='))
    return { kind: '==', entity: inParentheses(cursor, () => readAction(cursor)) };
  if (!accept(cursor, 'in')) return failScopeOperator(cursor, '`==`, `in`');
  return inParentheses(cursor, () =>
    cursor.kind === '['
      ? readActionList(cursor)
      : { kind: 'in', entities: [readAction(cursor)], isList: false },
  );
};

const expectVariable = (cursor: Cursor, variable: ScopeVariable): void => {
  if (cursor.kind !== 'identifier' || cursor.word !== variable)
    unexpected(cursor, `\`${variable}\``, scopeOrder);
  advance(cursor);
};

type ScopeParts = Pick<PolicyNode, 'principal' | 'action' | 'resource'>;

const parseScope = (cursor: Cursor): ScopeParts => {
  expect(cursor, '(');
  expectVariable(cursor, 'principal');
  const principal = parseConstraint(cursor, 'principal');
  if (!accept(cursor, ',')) unexpected(cursor, '`,`', scopeOrder);
  expectVariable(cursor, 'action');
  const action = parseActionConstraint(cursor);
  if (!accept(cursor, ',')) unexpected(cursor, '`,`', scopeOrder);
  expectVariable(cursor, 'resource');
  const resource = parseConstraint(cursor, 'resource');
  accept(cursor, ',');
  if (!accept(cursor, ')')) unexpected(cursor, '`)`', scopeOrder);
  return { principal, action, resource };
};

const parseCondition = (cursor: Cursor): Condition => {
  const kind = cursor.word === 'unless' ? 'unless' : 'when';
  advance(cursor);
  expect(cursor, '{');
  if (cursor.kind === '}')
    fail({
      message: 'a condition cannot be empty',
      span: tokenSpan(cursor),
      help: `write ${kind} { true }, or leave the condition out`,
    });
  const body = parseExpr(cursor);
  if (!accept(cursor, '}')) unexpected(cursor, 'an operator or `}`');
  return { kind, body };
};

const isConditionWord = (cursor: Cursor): boolean =>
  cursor.kind === 'identifier' && (cursor.word === 'when' || cursor.word === 'unless');

/** Reads one policy up to its `;`; gives up by SyntaxFailure. */
export const parsePolicy = (cursor: Cursor): PolicyNode => {
  const { start } = cursor;
  const annotations = new Map<string, string>();
  while (cursor.kind === '@') readAnnotation(cursor, annotations);
  const effect = readEffect(cursor);
  const scope = parseScope(cursor);
  const conditions: Condition[] = [];
  while (isConditionWord(cursor)) conditions.push(parseCondition(cursor));
  if (!accept(cursor, ';')) {
    const help =
      cursor.kind === 'identifier' ? suggest(cursor.word, ['when', 'unless']) : undefined;
    unexpected(cursor, '`when`, `unless` or `;`', help);
  }
  return { effect, ...scope, conditions, annotations, span: spanFrom(cursor, start) };
};
