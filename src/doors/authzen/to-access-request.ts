/**
 * An AuthZEN evaluation as a question to access. Types become entity types, properties of subject and
 * resource become claims, properties of the action stand under `context.action`.
 */
import type { AccessRequest, CedarValue } from '../../domains/access/index.ts';
import { decimalValue } from '../../engines/authorization/index.ts';
import type { Evaluation } from './schemas.ts';

/** AuthZEN type → entity type, for those that are not named alike. */
export type TypeNames = Readonly<Record<string, string>>;

/** Types of the shipped schema, found whatever the case they are written in. */
const knownTypes = [
  'User',
  'Service',
  'Agent',
  'Device',
  'Team',
  'Role',
  'Model',
  'ModelVersion',
  'Endpoint',
  'Dataset',
  'Feature',
  'Project',
  'System',
];
const byLowerCase = new Map(knownTypes.map((type) => [type.toLowerCase(), type]));

const entityType = (type: string, names: TypeNames): string => {
  const named = Object.hasOwn(names, type) ? names[type] : undefined;
  return named ?? byLowerCase.get(type.toLowerCase()) ?? type;
};

const decimalDigits = 4;

/** Cedar has no floating point; what a decimal can hold exactly becomes one. */
const toNumber = (value: number): CedarValue | undefined => {
  if (Number.isSafeInteger(value)) return value;
  const text = value.toFixed(decimalDigits);
  return Number(text) === value && Math.abs(value) < 1e11 ? decimalValue(text) : undefined;
};

/**
 * JSON as a Cedar value. Null and numbers that fit no Cedar type have no counterpart: such members are
 * left out, and a policy that needs them errs and stays closed.
 */
const toCedar = (value: unknown): CedarValue | undefined => {
  if (typeof value === 'number') return toNumber(value);
  if (typeof value === 'string' || typeof value === 'boolean') return value;
  if (Array.isArray(value)) return value.map(toCedar).filter((item) => item !== undefined);
  return typeof value === 'object' && value !== null ? toRecord(value) : undefined;
};

const toRecord = (value: object): Readonly<Record<string, CedarValue>> => {
  const members = Object.entries(value).flatMap(([key, item]) => {
    const cedar = toCedar(item);
    return cedar === undefined ? [] : [[key, cedar] as const];
  });
  return Object.fromEntries(members);
};

/** Reads an evaluation as a question. */
export const toAccessRequest = (evaluation: Evaluation, names: TypeNames): AccessRequest => {
  const { subject, action, resource, context = {} } = evaluation;
  const facts = toRecord(context);
  return {
    principal: { type: entityType(subject.type, names), id: subject.id },
    action: action.name,
    resource: { type: entityType(resource.type, names), id: resource.id },
    context:
      action.properties === undefined ? facts : { ...facts, action: toRecord(action.properties) },
    claims: {
      principal: toRecord(subject.properties ?? {}),
      resource: toRecord(resource.properties ?? {}),
    },
  };
};
