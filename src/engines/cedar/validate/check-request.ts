/** Holds a request against the schema: its action, who may ask it of what, and its context. */
import type { EntityUid } from '../ast.ts';
import { type ActionDefinition, type Schema, uidKey } from '../schema/model.ts';
import { didYouMean } from '../schema/suggest.ts';
import {
  checkAttributes,
  checkId,
  type Conformance,
  type ConformanceProblem,
  conformanceCodes,
  createConformance,
  isObject,
  uidOf,
} from './conform.ts';

/** A request in Cedar's JSON notation; entities are `{type, id}` or `{__entity: {type, id}}`. */
export type RequestToCheck = {
  readonly principal: unknown;
  readonly action: unknown;
  readonly resource: unknown;
  readonly context?: unknown;
};

const readUid = ({ report }: Conformance, json: unknown, path: string): EntityUid | undefined => {
  const uid = uidOf(json);
  if (uid === undefined)
    report({ code: conformanceCodes.format, message: 'expected {type, id}', path });
  return uid;
};

const checkParty = (
  conformance: Conformance,
  {
    uid,
    allowed,
    action,
  }: { uid: EntityUid; allowed: readonly string[]; action: ActionDefinition },
  path: 'principal' | 'resource',
): void => {
  if (allowed.includes(uid.type)) {
    checkId(conformance, uid, path);
    return;
  }
  const { entityTypes } = conformance.schema;
  const message = entityTypes.has(uid.type)
    ? `\`${uidKey(action.uid)}\` takes no ${path} of type \`${uid.type}\``
    : `the schema has no entity type \`${uid.type}\``;
  const help =
    allowed.length === 0
      ? 'this action takes no requests'
      : `it takes ${allowed.slice(0, 10).join(', ')}`;
  conformance.report({ code: conformanceCodes.entity, message, path, help });
};

const checkContext = (conformance: Conformance, json: unknown, action: ActionDefinition): void => {
  const at = { path: 'context', depth: 0 };
  if (isObject(json)) checkAttributes(conformance, { attributes: action.context, json }, at);
  else {
    const message = 'the context must be a record';
    conformance.report({ code: conformanceCodes.value, message, path: at.path });
  }
};

/** Everything that keeps a request from being valid; empty when it is. Never throws. */
export const checkRequest = (
  schema: Schema,
  request: RequestToCheck,
): readonly ConformanceProblem[] => {
  const conformance = createConformance(schema);
  const principal = readUid(conformance, request.principal, 'principal');
  const uid = readUid(conformance, request.action, 'action');
  const resource = readUid(conformance, request.resource, 'resource');
  if (principal === undefined || uid === undefined || resource === undefined)
    return conformance.problems;
  const action = schema.actions.get(uidKey(uid));
  if (action === undefined) {
    const help = didYouMean(uidKey(uid), schema.actions.keys());
    const message = `the schema has no action \`${uidKey(uid)}\``;
    const problem = { code: conformanceCodes.entity, message, path: 'action' };
    return [help === undefined ? problem : { ...problem, help }];
  }
  const { principals, resources } = action;
  checkParty(conformance, { uid: principal, allowed: principals, action }, 'principal');
  checkParty(conformance, { uid: resource, allowed: resources, action }, 'resource');
  checkContext(conformance, request.context === undefined ? {} : request.context, action);
  return conformance.problems;
};
