/** Checks the shape of a request before anything is asked of it. */
import { isEntityType } from './entity-graph.ts';
import type { EntityRef, PolicyRequest } from './types.ts';

const maxIdLength = 8192;

const refProblem = (ref: EntityRef, what: string): string | undefined => {
  if (typeof ref !== 'object' || ref === null) return `${what} must be {type, id}`;
  if (typeof ref.type !== 'string' || !isEntityType(ref.type))
    return `${what} has a malformed entity type`;
  if (typeof ref.id !== 'string' || ref.id.length > maxIdLength || !ref.id.isWellFormed())
    return `${what} has a malformed id`;
  return undefined;
};

/** What is wrong with a context, or undefined. Its values are checked when they are used. */
export const contextProblem = (context: unknown): string | undefined =>
  typeof context === 'object' && context !== null && !Array.isArray(context)
    ? undefined
    : 'context must be an object';

/** What is wrong with a request, or undefined. */
export const requestProblem = (request: PolicyRequest): string | undefined => {
  const { principal, action, resource, context } = request;
  return (
    refProblem(principal, 'principal') ??
    refProblem(action, 'action') ??
    refProblem(resource, 'resource') ??
    contextProblem(context)
  );
};
