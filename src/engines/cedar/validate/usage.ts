/**
 * What the conditions of policies read: which attributes of context, principal, action, resource and
 * of entities named in the text, and whose ancestors they ask for. Always an over-approximation, so
 * it may key a cache and choose the entities to hand to an evaluator.
 */
import type { EntityUid, Expr } from '../ast.ts';
import { uidKey } from '../schema/model.ts';
import { operandsOf } from './walk.ts';

/** One place that may be read: a root variable, or an attribute of the place above. */
export type Place = {
  /** The value here is looked at as a whole. */
  read: boolean;
  /** The entity here is asked for its ancestors. */
  climbs: boolean;
  /** Anything reachable from here may be read. */
  everything: boolean;
  readonly attributes: Map<string, Place>;
};

export type Usage = {
  readonly context: Place;
  readonly principal: Place;
  readonly action: Place;
  readonly resource: Place;
  /** By `uidKey`. */
  readonly literals: Map<string, { readonly ref: EntityUid; readonly place: Place }>;
};

const newPlace = (): Place => ({
  read: false,
  climbs: false,
  everything: false,
  attributes: new Map(),
});

const attributeOf = (place: Place, name: string): Place => {
  const known = place.attributes.get(name);
  if (known !== undefined) return known;
  const made = newPlace();
  place.attributes.set(name, made);
  return made;
};

const mark = (places: readonly Place[], how: 'read' | 'climbs' | 'everything'): void => {
  for (const place of places) place[how] = true;
};

const consume = (expr: Expr, usage: Usage): void => mark(trace(expr, usage), 'read');

const traceLiteral = (ref: EntityUid, usage: Usage): readonly Place[] => {
  const key = uidKey(ref);
  const known = usage.literals.get(key) ?? { ref, place: newPlace() };
  usage.literals.set(key, known);
  return [known.place];
};

const traceHas = (operand: Expr, path: readonly string[], usage: Usage): void => {
  let places = trace(operand, usage);
  for (const name of path) places = places.map((place) => attributeOf(place, name));
  mark(places, 'read');
};

/** A record literal may be taken apart again, so whatever went in counts altogether. */
const traceParts = (parts: readonly Expr[], usage: Usage): readonly Place[] => {
  const places = parts.flatMap((part) => trace(part, usage));
  mark(places, 'everything');
  return places;
};

const traceBinary = (
  { operator, left, right }: Extract<Expr, { readonly kind: 'binary' }>,
  usage: Usage,
): readonly Place[] => {
  consume(right, usage);
  const places = trace(left, usage);
  const isTag = operator === 'getTag' || operator === 'hasTag';
  mark(places, isTag ? 'everything' : operator === 'in' ? 'climbs' : 'read');
  return operator === 'getTag' ? places : [];
};

/** Notes what the expression reads and returns the places its value may come from. */
const trace = (expr: Expr, usage: Usage): readonly Place[] => {
  switch (expr.kind) {
    case 'variable':
      return [usage[expr.name]];
    case 'entity':
      return traceLiteral(expr.uid, usage);
    case 'get':
      return trace(expr.operand, usage).map((place) => attributeOf(place, expr.attribute));
    case 'has':
      traceHas(expr.operand, expr.path, usage);
      return [];
    case 'binary':
      return traceBinary(expr, usage);
    case 'if':
      consume(expr.condition, usage);
      return [...trace(expr.then, usage), ...trace(expr.otherwise, usage)];
    case 'is':
      mark(trace(expr.operand, usage), expr.in === undefined ? 'read' : 'climbs');
      if (expr.in !== undefined) consume(expr.in, usage);
      return [];
    case 'record':
      return traceParts(operandsOf(expr), usage);
    default:
      for (const operand of operandsOf(expr)) consume(operand, usage);
      return [];
  }
};

/** What these expressions read. */
export const usageOf = (conditions: readonly Expr[]): Usage => {
  const usage: Usage = {
    context: newPlace(),
    principal: newPlace(),
    action: newPlace(),
    resource: newPlace(),
    literals: new Map(),
  };
  for (const condition of conditions) consume(condition, usage);
  return usage;
};
