/** Names in policies that the schema does not know: entity types, actions, ids of enumerations. */
import type { EntityUid, Expr, PolicyNode, Span } from '../ast.ts';
import { isActionType, type Schema, uidKey } from '../schema/model.ts';
import { didYouMean } from '../schema/suggest.ts';
import { findingCodes, type Reporter } from './findings.ts';
import { policyCondition } from './scope.ts';
import { visitAll } from './walk.ts';

type Names = {
  readonly schema: Schema;
  readonly reporter: Reporter;
  readonly policy: Span | undefined;
};

const checkType = ({ schema, reporter, policy }: Names, name: string, span?: Span): void => {
  if (schema.entityTypes.has(name) || schema.actionTypes.has(name)) return;
  const help = didYouMean(name, schema.entityTypes.keys());
  const message = `the schema has no entity type \`${name}\``;
  reporter.error({ code: findingCodes.unknownEntityType, message, span: span ?? policy, help });
};

const checkAction = ({ schema, reporter, policy }: Names, uid: EntityUid, span?: Span): void => {
  const key = uidKey(uid);
  if (schema.actions.has(key)) return;
  const help = didYouMean(key, schema.actions.keys());
  const message = `the schema has no action \`${key}\``;
  reporter.error({ code: findingCodes.unknownAction, message, span: span ?? policy, help });
};

const maxShownIds = 10;
const checkId = ({ schema, reporter, policy }: Names, uid: EntityUid, span?: Span): void => {
  const ids = schema.entityTypes.get(uid.type)?.ids;
  if (ids === undefined || ids.includes(uid.id)) return;
  const message = `${JSON.stringify(uid.id)} is not one of the ids of \`${uid.type}\``;
  const shown = ids.slice(0, maxShownIds).map((id) => JSON.stringify(id));
  const help = `the ids are ${shown.join(', ')}${ids.length > maxShownIds ? ', …' : ''}`;
  reporter.error({ code: findingCodes.unknownId, message, span: span ?? policy, help });
};

const checkUid = (names: Names, uid: EntityUid, span?: Span): void => {
  if (isActionType(uid.type)) {
    checkAction(names, uid, span);
    return;
  }
  checkType(names, uid.type, span);
  checkId(names, uid, span);
};

/** Reports every name of a policy that the schema does not know, also in parts never evaluated. */
export const checkNames = (schema: Schema, policy: PolicyNode, reporter: Reporter): void => {
  const names: Names = { schema, reporter, policy: policy.span };
  visitAll(policyCondition(policy), (expr: Expr) => {
    if (expr.kind === 'entity') checkUid(names, expr.uid, expr.span);
    if (expr.kind === 'is') checkType(names, expr.entityType, expr.span);
  });
};
