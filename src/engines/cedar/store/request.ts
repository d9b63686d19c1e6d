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

/** The record of an entity that exists; its name needs no checking. */
const lookUp = (ref: EntityRef, { entities }: RequestReading): Env['principalRecord'] => {
  const { type, id } = ref;
  return typeof type === 'string' && typeof id === 'string' ? entities.find(type, id) : undefined;
};

/** Where `{type, id}` should be; others come to a problem later. */
const nobody: EntityRef = Object.freeze({ type: '', id: '' });
const refOf = (ref: EntityRef): EntityRef =>
  typeof ref === 'object' && (ref as unknown) !== null ? ref : nobody;

/** An entity that is not there under the plain name, or what is wrong with the name, as text. */
const readAbsent = (
  ref: unknown,
  name: string,
  { reader }: RequestReading,
): EntityValue | string => {
  const value = readUid(ref, reader);
  return isFailure(value) ? `${name}${value.message}` : value;
};

/** The record of an entity whose name was wrapped in `__entity`. */
const lookAgain = (value: EntityValue, { entities }: RequestReading): Env['principalRecord'] =>
  entities.find(value.type, value.id);

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
  const p = lookUp(refOf(request.principal), reading);
  const principal = p ?? readAbsent(request.principal, 'principal', reading);
  if (typeof principal === 'string') return { problem: principal };
  const a = lookUp(refOf(request.action), reading);
  const action = a ?? readAbsent(request.action, 'action', reading);
  if (typeof action === 'string') return { problem: action };
  const r = lookUp(refOf(request.resource), reading);
  const resource = r ?? readAbsent(request.resource, 'resource', reading);
  if (typeof resource === 'string') return { problem: resource };
  const context = readContext(request.context, action, reading);
  if (!('shape' in context)) return context;
  return {
    entities: reading.entities,
    principal,
    principalRecord: p ?? lookAgain(principal, reading),
    action,
    actionRecord: a ?? lookAgain(action, reading),
    resource,
    resourceRecord: r ?? lookAgain(resource, reading),
    context,
  };
};
