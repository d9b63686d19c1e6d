/**
 * What expressions are compiled to: functions of the request. They are total and have no effects; a
 * failure is a value that wanders up until something that need not look at it (the right side of a
 * decided `&&`) leaves it out.
 */
import type { Expr } from '../ast.ts';
import type { EntityRecord } from '../entities/hierarchy.ts';
import type { EntityStore } from '../entities/entity-store.ts';
import { formatValue } from '../values/format.ts';
import type { RecordValue } from '../values/record.ts';
import {
  type EntityValue,
  type Failure,
  type FailureCode,
  failure,
  isFailure,
  type Outcome,
  typeOf,
} from '../values/value.ts';

/** One request and the world it is asked in. A record is absent when the entity does not exist. */
export type Env = {
  readonly entities: Pick<EntityStore, 'find' | 'closureOf'>;
  readonly principal: EntityValue;
  readonly principalRecord: EntityRecord | undefined;
  readonly action: EntityValue;
  readonly actionRecord: EntityRecord | undefined;
  readonly resource: EntityValue;
  readonly resourceRecord: EntityRecord | undefined;
  readonly context: RecordValue;
};

export type Code = (env: Env) => Outcome;

export const failAt = (node: Expr, code: FailureCode, message: string): Failure =>
  failure(code, message, node.span);

/** Gives a failure that knows no place the place of its expression. */
export const locateFailure = (outcome: Outcome, node: Expr): Outcome =>
  isFailure(outcome) && outcome.span === undefined && node.span !== undefined
    ? { ...outcome, span: node.span }
    : outcome;

/** A failure stays what it is; any other value is of the wrong type for its place. */
export const wrongType = (outcome: Outcome, needs: string, node: Expr): Failure => {
  if (isFailure(outcome)) return outcome;
  const type = typeOf(outcome);
  const article = /^[aei]/.test(type) ? 'an' : 'a';
  return failAt(node, 'type', `${needs}, got ${article} ${type}: ${formatValue(outcome)}`);
};

const plainKey = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** How a message names what an expression stands for, when that is short. */
export const nameOf = (node: Expr): string | undefined => {
  if (node.kind === 'variable') return node.name;
  if (node.kind !== 'get') return undefined;
  const inner = nameOf(node.operand);
  const key = node.attribute;
  if (inner === undefined || inner.length + key.length > 200) return undefined;
  return plainKey.test(key) ? `${inner}.${key}` : `${inner}[${JSON.stringify(key)}]`;
};
