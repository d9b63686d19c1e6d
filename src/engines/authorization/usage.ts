/**
 * What the conditions of a policy read: which attributes of context, principal, action, resource and
 * of entities named in the text, and whose ancestors they ask for. Always an over-approximation, so
 * it may key a cache and choose the entities to hand to the evaluator.
 */
import { entityKey } from './entity-graph.ts';
import type { EntityRef } from './types.ts';
import { entityOfValue } from './values.ts';

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
  readonly literals: Map<string, { readonly ref: EntityRef; readonly place: Place }>;
};

/** An expression of Cedar's JSON policy format: one operator with its operands. */
export type Expression = Readonly<Record<string, unknown>>;

const newPlace = (): Place => ({
  read: false,
  climbs: false,
  everything: false,
  attributes: new Map(),
});

/** Usage of a policy without conditions. */
export const emptyUsage = (): Usage => ({
  context: newPlace(),
  principal: newPlace(),
  action: newPlace(),
  resource: newPlace(),
  literals: new Map(),
});

const attributeOf = (place: Place, name: string): Place => {
  const known = place.attributes.get(name);
  if (known !== undefined) return known;
  const made = newPlace();
  place.attributes.set(name, made);
  return made;
};

const isExpression = (value: unknown): value is Expression =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const operand = (value: unknown, name: string): unknown =>
  isExpression(value) ? value[name] : undefined;

const markAll = (places: readonly Place[], mark: 'read' | 'climbs' | 'everything'): void => {
  for (const place of places) place[mark] = true;
};

type Tracer = (operands: unknown, usage: Usage) => readonly Place[];

const consume = (expression: unknown, usage: Usage): void =>
  markAll(trace(expression, usage), 'read');

const traceLiteral: Tracer = (value, usage) => {
  const ref = entityOfValue(value);
  if (ref === undefined) return [];
  const known = usage.literals.get(entityKey(ref)) ?? { ref, place: newPlace() };
  usage.literals.set(entityKey(ref), known);
  return [known.place];
};

const traceVariable: Tracer = (name, usage) =>
  name === 'context' || name === 'principal' || name === 'action' || name === 'resource'
    ? [usage[name]]
    : [];

const traceHas: Tracer = (operands, usage) => {
  const attr = operand(operands, 'attr');
  const names = Array.isArray(attr) ? (attr as unknown[]) : [attr];
  let places = trace(operand(operands, 'left'), usage);
  for (const name of names) places = places.map((place) => attributeOf(place, String(name)));
  markAll(places, 'read');
  return [];
};

const traceTag: Tracer = (operands, usage) => {
  consume(operand(operands, 'right'), usage);
  const places = trace(operand(operands, 'left'), usage);
  markAll(places, 'everything');
  return places;
};

const traceIn: Tracer = (operands, usage) => {
  markAll(trace(operand(operands, 'left'), usage), 'climbs');
  consume(operand(operands, 'right'), usage);
  return [];
};

const traceIs: Tracer = (operands, usage) => {
  const places = trace(operand(operands, 'left'), usage);
  const group = operand(operands, 'in');
  markAll(places, group === undefined ? 'read' : 'climbs');
  if (group !== undefined) consume(group, usage);
  return [];
};

const traceChoice: Tracer = (operands, usage) => {
  consume(operand(operands, 'if'), usage);
  return [...trace(operand(operands, 'then'), usage), ...trace(operand(operands, 'else'), usage)];
};

/** A record literal may be taken apart again, so whatever went in counts as read altogether. */
const traceRecord: Tracer = (operands, usage) => {
  const places = isExpression(operands)
    ? Object.values(operands).flatMap((value) => trace(value, usage))
    : [];
  markAll(places, 'everything');
  return places;
};

const traceOthers: Tracer = (operands, usage) => {
  const inner = Array.isArray(operands)
    ? (operands as unknown[])
    : Object.values(isExpression(operands) ? operands : {});
  for (const expression of inner) if (isExpression(expression)) consume(expression, usage);
  return [];
};

const tracers: Readonly<Record<string, Tracer>> = {
  Value: traceLiteral,
  Var: traceVariable,
  '.': (operands, usage) => {
    const name = String(operand(operands, 'attr'));
    return trace(operand(operands, 'left'), usage).map((place) => attributeOf(place, name));
  },
  has: traceHas,
  getTag: traceTag,
  hasTag: traceTag,
  in: traceIn,
  is: traceIs,
  'if-then-else': traceChoice,
  Record: traceRecord,
};

/** Notes what `expression` reads and returns the places its value may come from. */
const trace = (expression: unknown, usage: Usage): readonly Place[] => {
  if (!isExpression(expression)) return [];
  const places: Place[] = [];
  for (const [operator, operands] of Object.entries(expression)) {
    const tracer = Object.hasOwn(tracers, operator) ? tracers[operator] : undefined;
    places.push(...(tracer ?? traceOthers)(operands, usage));
  }
  return places;
};

/** What these condition bodies read. */
export const usageOf = (conditions: readonly unknown[]): Usage => {
  const usage = emptyUsage();
  for (const condition of conditions) consume(condition, usage);
  return usage;
};

const mergePlace = (into: Place, from: Place): void => {
  into.read ||= from.read;
  into.climbs ||= from.climbs;
  into.everything ||= from.everything;
  for (const [name, place] of from.attributes) mergePlace(attributeOf(into, name), place);
};

/** What all of these read together. */
export const mergeUsage = (usages: readonly Usage[]): Usage => {
  const merged = emptyUsage();
  for (const usage of usages) {
    mergePlace(merged.context, usage.context);
    mergePlace(merged.principal, usage.principal);
    mergePlace(merged.action, usage.action);
    mergePlace(merged.resource, usage.resource);
    for (const [key, { ref, place }] of usage.literals) {
      const known = merged.literals.get(key) ?? { ref, place: newPlace() };
      merged.literals.set(key, known);
      mergePlace(known.place, place);
    }
  }
  return merged;
};

/** Attribute paths such as `network.zone`, or `all` when the whole is looked at. */
export type AttributePaths = 'all' | readonly string[];
/** Usage in words, for people and for tools. */
export type UsageSummary = {
  readonly context: AttributePaths;
  readonly principal: AttributePaths;
  readonly resource: AttributePaths;
};

const pathsBelow = (place: Place): readonly string[] =>
  [...place.attributes].flatMap(([name, below]) => {
    const deeper = pathsBelow(below).map((path) => `${name}.${path}`);
    return below.read || below.climbs || below.everything || deeper.length === 0
      ? [name, ...deeper]
      : deeper;
  });

/** Names the attributes read of context, principal and resource. */
export const summarizeUsage = (usage: Usage): UsageSummary => ({
  context: usage.context.read || usage.context.everything ? 'all' : pathsBelow(usage.context),
  principal: usage.principal.everything ? 'all' : pathsBelow(usage.principal),
  resource: usage.resource.everything ? 'all' : pathsBelow(usage.resource),
});
