/**
 * An AuthZEN evaluation as a question to access. Types become entity types, properties of subject and
 * resource become claims, properties of the action stand under `context.action`.
 */
import type {
  AccessRequest,
  AccessSearch,
  AccessSearchAnswer,
  CedarValue,
} from '../../domains/access/index.ts';
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

type Asked = Pick<Evaluation, 'subject' | 'resource' | 'context'> & {
  readonly action?: Evaluation['action'] | undefined;
};

const contextOf = ({ action, context = {} }: Asked): AccessRequest['context'] => {
  const facts = toRecord(context);
  if (action?.properties === undefined) return facts;
  return { ...facts, action: toRecord(action.properties) };
};

const claimsOf = (
  subject: { readonly properties?: object | undefined },
  resource: { readonly properties?: object | undefined },
): NonNullable<AccessRequest['claims']> => ({
  principal: toRecord(subject.properties ?? {}),
  resource: toRecord(resource.properties ?? {}),
});

/** Reads an evaluation as a question. */
export const toAccessRequest = (evaluation: Evaluation, names: TypeNames): AccessRequest => {
  const { subject, action, resource } = evaluation;
  return {
    principal: { type: entityType(subject.type, names), id: subject.id },
    action: action.name,
    resource: { type: entityType(resource.type, names), id: resource.id },
    context: contextOf(evaluation),
    claims: claimsOf(subject, resource),
  };
};

export type Searched = AccessSearchAnswer;

type Open = {
  readonly type: string;
  readonly id?: string;
  readonly properties?: object | undefined;
};
type SearchFor = Pick<Asked, 'action' | 'context'> & {
  readonly subject: Open;
  readonly resource: Open;
};

/** Reads a search. Properties of what is looked for say nothing about it and are left out. */
export const toAccessSearch = (
  find: AccessSearch['find'],
  body: SearchFor,
  names: TypeNames,
): Omit<AccessSearch, 'limit'> => {
  const placed = ({ type, id }: Open, isOpen: boolean) => {
    const named = { type: entityType(type, names) };
    return isOpen || id === undefined ? named : { ...named, id };
  };
  const { subject, resource, action } = body;
  const claims = claimsOf(find === 'principal' ? {} : subject, find === 'resource' ? {} : resource);
  const hasClaims = Object.values(claims).some((claim) => Object.keys(claim ?? {}).length > 0);
  return {
    find,
    principal: placed(subject, find === 'principal'),
    resource: placed(resource, find === 'resource'),
    ...(find === 'action' || action === undefined ? {} : { action: action.name }),
    context: contextOf(body as Asked),
    ...(hasClaims ? { claims } : {}),
  };
};
