/** What is asked: read once, checked wholly, bound to the entities it is asked about. */
import type { EntityStore } from '../entities/entity-store.ts';
import { type Reader, readRecord, readUid } from '../entities/read-value.ts';
import type { Env } from '../evaluate/code.ts';
import { type Schema, uidKey } from '../schema/model.ts';
import { emptyRecord } from '../values/record.ts';
import { type EntityValue, isFailure } from '../values/value.ts';

export type EntityRef = { readonly type: string; readonly id: string };

/** A question to a policy store; `context` in Cedar's JSON notation, bigint for large integers. */
export type CedarRequest = {
  readonly principal: EntityRef;
  readonly action: EntityRef;
  readonly resource: EntityRef;
  readonly context?: Readonly<Record<string, unknown>>;
};

/** Why a request cannot be decided. */
export type RequestProblem = { readonly problem: string };

export type RequestReading = {
  readonly reader: Reader;
  readonly entities: Pick<EntityStore, 'find' | 'closureOf'>;
  readonly schema: Schema | undefined;
};

type Subject = { readonly value: EntityValue; readonly record: Env['principalRecord'] };

/** An entity that is known needs no checking of its name. */
const readSubject = (
  ref: unknown,
  name: string,
  { reader, entities }: RequestReading,
): Subject | RequestProblem => {
  const { type, id } = (ref ?? {}) as Partial<EntityRef>;
  if (typeof type === 'string' && typeof id === 'string') {
    const record = entities.find(type, id);
    if (record !== undefined) return { value: record, record };
  }
  const value = readUid(ref, reader);
  if (isFailure(value)) return { problem: `${name}${value.message}` };
  return { value, record: entities.find(value.type, value.id) };
};

const readContext = (
  context: unknown,
  action: EntityValue,
  { reader, schema }: RequestReading,
): Env['context'] | RequestProblem => {
  if (context === undefined) return emptyRecord;
  const types = schema?.actions.get(uidKey(action))?.context;
  const record = readRecord(context, reader, types);
  return isFailure(record) ? { problem: `context${record.message}` } : record;
};

/** Reads a request. Total on any JavaScript value. */
export const readRequest = (
  request: CedarRequest,
  reading: RequestReading,
): Env | RequestProblem => {
  if (typeof request !== 'object' || (request as unknown) === null)
    return { problem: 'request: must be an object' };
  const principal = readSubject(request.principal, 'principal', reading);
  if ('problem' in principal) return principal;
  const action = readSubject(request.action, 'action', reading);
  if ('problem' in action) return action;
  const resource = readSubject(request.resource, 'resource', reading);
  if ('problem' in resource) return resource;
  const context = readContext(request.context, action.value, reading);
  if ('problem' in context) return context;
  return {
    entities: reading.entities,
    principal: principal.value,
    principalRecord: principal.record,
    action: action.value,
    actionRecord: action.record,
    resource: resource.value,
    resourceRecord: resource.record,
    context,
  };
};
