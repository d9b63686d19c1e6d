/** Functions and methods of the extension types, on integers. */
import { type Expr, extensionFunctions, isFailure, type Value } from '../cedar/index.ts';
import { fitsLong } from './places.ts';
import { and, integer, ite, not, or, type Term } from './smt.ts';
import {
  booleanOf,
  certain,
  failed,
  type IpSymbol,
  type Outcome,
  type Symbolic,
  Unsupported,
} from './symbolic.ts';
import type { World } from './world.ts';

type Call = Extract<Expr, { kind: 'call' }>;
const dayMs = 86_400_000;

const constant = (value: Value): Symbolic | undefined => {
  if (typeof value !== 'object') return undefined;
  switch (value.kind) {
    case 'decimal':
      return { kind: 'decimal', term: integer(value.units) };
    case 'datetime':
    case 'duration':
      return { kind: value.kind, term: integer(value.ms) };
    case 'ipaddr':
      return {
        kind: 'ipaddr',
        v4: String(value.version === 4),
        address: integer(value.address),
        prefix: integer(value.prefix),
        first: integer(value.first),
        last: integer(value.last),
      };
    default:
      return undefined;
  }
};

/** Constructors of a literal are computed here; of anything else they have no term. */
const construct = (node: Call, outcome: Outcome | undefined): Outcome => {
  const [arg] = node.args;
  if (arg?.kind !== 'string') {
    if (outcome?.value?.kind !== 'string') return failed;
    throw new Unsupported(`\`${node.name}\` of a text that is not written out`, node.span);
  }
  const value = extensionFunctions.get(node.name)?.call([arg.value]);
  if (value === undefined || isFailure(value)) return failed;
  const symbol = constant(value);
  return symbol === undefined ? failed : certain(symbol);
};

const ipTests: Readonly<Record<string, (ip: IpSymbol) => Term>> = {
  isIpv4: ({ v4 }) => v4,
  isIpv6: ({ v4 }) => not(v4),
  isLoopback: ({ v4, address, prefix }) =>
    ite(
      v4,
      `(and (<= ${127 * 2 ** 24} ${address} ${2 ** 31 - 1}) (>= ${prefix} 8))`,
      `(and (= ${address} 1) (= ${prefix} 128))`,
    ),
  isMulticast: ({ v4, address, prefix }) =>
    ite(
      v4,
      `(and (<= ${14 * 2 ** 28} ${address} ${15 * 2 ** 28 - 1}) (>= ${prefix} 4))`,
      `(and (<= ${0xffn << 120n} ${address}) (>= ${prefix} 8))`,
    ),
};

const inRange = (inner: IpSymbol, outer: IpSymbol): Term =>
  and(
    inner.v4 === outer.v4 ? 'true' : `(= ${inner.v4} ${outer.v4})`,
    `(>= ${inner.first} ${outer.first})`,
    `(<= ${inner.last} ${outer.last})`,
  );

const comparisons: Readonly<Record<string, string>> = {
  lessThan: '<',
  lessThanOrEqual: '<=',
  greaterThan: '>',
  greaterThanOrEqual: '>=',
};
const units: Readonly<Record<string, number>> = {
  toMilliseconds: 1,
  toSeconds: 1000,
  toMinutes: 60_000,
  toHours: 3_600_000,
  toDays: dayMs,
};

/** Rounded towards zero; SMT-LIB rounds down. */
const quotient = (term: Term, by: number): Term =>
  by === 1 ? term : ite(`(>= ${term} 0)`, `(div ${term} ${by})`, `(- (div (- ${term}) ${by}))`);

type Partial = { readonly value: Symbolic; readonly fails?: Term };
type Binary = readonly [Symbolic, Symbolic];

const bounded = (world: World, kind: 'datetime' | 'duration', sum: Term): Partial => {
  const term = world.script.named(sum, 'Int');
  return { value: { kind, term }, fails: not(fitsLong(term)) };
};

const onOne = (world: World, name: string, value: Symbolic): Partial | undefined => {
  if (value.kind === 'ipaddr') {
    const test = ipTests[name];
    return test && { value: booleanOf(test(value)) };
  }
  if (value.kind === 'duration') {
    const by = units[name];
    if (by === undefined) return undefined;
    return { value: { kind: 'long', term: world.script.named(quotient(value.term, by), 'Int') } };
  }
  if (value.kind !== 'datetime') return undefined;
  const rest = world.script.named(`(mod ${value.term} ${dayMs})`, 'Int');
  if (name === 'toTime') return { value: { kind: 'duration', term: rest } };
  return name === 'toDate' ? bounded(world, 'datetime', `(- ${value.term} ${rest})`) : undefined;
};

const onTwo = (world: World, name: string, [left, right]: Binary): Partial | undefined => {
  const comparison = comparisons[name];
  if (comparison !== undefined)
    return left.kind === 'decimal' && right.kind === 'decimal'
      ? { value: booleanOf(`(${comparison} ${left.term} ${right.term})`) }
      : undefined;
  if (name === 'isInRange' && left.kind === 'ipaddr' && right.kind === 'ipaddr')
    return { value: booleanOf(inRange(left, right)) };
  if (left.kind !== 'datetime') return undefined;
  if (name === 'offset' && right.kind === 'duration')
    return bounded(world, 'datetime', `(+ ${left.term} ${right.term})`);
  return name === 'durationSince' && right.kind === 'datetime'
    ? bounded(world, 'duration', `(- ${left.term} ${right.term})`)
    : undefined;
};

/** A call whose arguments were looked at; unknown names, counts and types fail. */
export const encodeCall = (world: World, node: Call, outcomes: readonly Outcome[]): Outcome => {
  const known = extensionFunctions.get(node.name);
  if (known === undefined || known.parameters.length !== outcomes.length) return failed;
  if (known.isConstructor) return construct(node, outcomes[0]);
  const values = outcomes.map(({ value }) => value);
  if (values.includes(undefined)) return failed;
  const [left, right] = values as Symbolic[];
  if (left === undefined) return failed;
  const result =
    right === undefined ? onOne(world, node.name, left) : onTwo(world, node.name, [left, right]);
  if (result === undefined) return failed;
  const fails = or(...outcomes.map((outcome) => outcome.fails), result.fails ?? 'false');
  return { fails, value: result.value };
};
