/**
 * Expressions of Cedar as terms: what they come to and when they fail, operator by operator as our
 * evaluator does it. Operands of a wrong type fail, as there; what has no term throws `Unsupported`.
 */
import type { Expr } from '../cedar/index.ts';
import { encodeBinary } from './encode-binary.ts';
import { encodeCall } from './encode-calls.ts';
import { encodeIn, isEmpty } from './encode-sets.ts';
import { likeTerm } from './like.ts';
import { contextRecord, entityField, fitsLong } from './places.ts';
import { and, ite, not, or, text, type Term } from './smt.ts';
import {
  booleanOf,
  certain,
  type EntitySymbol,
  failed,
  type Field,
  type Outcome,
  type RecordSymbol,
  scalarType,
  type Symbolic,
  typeKey,
  Unsupported,
} from './symbolic.ts';
import { choose } from './choose.ts';
import { namedEntity, type World } from './world.ts';

type Node<Kind extends Expr['kind']> = Extract<Expr, { kind: Kind }>;

/** Gives what grows a name. */
const tidy = (world: World, { fails, value }: Outcome): Outcome => {
  const { script } = world;
  const failing = script.named(fails, 'Bool');
  if (failing === 'true' || value === undefined) return failed;
  if (value.kind === 'boolean')
    return { fails: failing, value: booleanOf(script.named(value.term, 'Bool')) };
  return { fails: failing, value };
};

/** Reads a bool; anything else fails. */
const boolean = ({ fails, value }: Outcome): { readonly fails: Term; readonly holds: Term } =>
  value?.kind === 'boolean' && fails !== 'true'
    ? { fails, holds: value.term }
    : { fails: 'true', holds: 'false' };

/** Who is decided by the left side does not look at the right one. */
const logic = (world: World, node: Node<'and' | 'or'>): Outcome => {
  const left = boolean(encode(world, node.left));
  if (left.fails === 'true') return failed;
  const goesOn = node.kind === 'and' ? left.holds : not(left.holds);
  if (goesOn === 'false')
    return { fails: left.fails, value: booleanOf(node.kind === 'and' ? 'false' : 'true') };
  const right = boolean(encode(world, node.right));
  const join = node.kind === 'and' ? and : or;
  return {
    fails: or(left.fails, and(goesOn, right.fails)),
    value: booleanOf(join(left.holds, right.holds)),
  };
};

const conditional = (world: World, node: Node<'if'>): Outcome => {
  const test = boolean(encode(world, node.condition));
  if (test.fails === 'true') return failed;
  if (test.holds === 'true' || test.holds === 'false') {
    const taken = encode(world, test.holds === 'true' ? node.then : node.otherwise);
    return { fails: or(test.fails, taken.fails), value: taken.value };
  }
  const then = encode(world, node.then);
  const otherwise = encode(world, node.otherwise);
  const fails = or(test.fails, ite(test.holds, then.fails, otherwise.fails));
  if (then.value === undefined || otherwise.value === undefined)
    return { fails, value: then.value ?? otherwise.value };
  return { fails, value: choose(world, test.holds, [then.value, otherwise.value]) };
};

const fieldOf = (world: World, value: Symbolic, name: string): Field | undefined => {
  if (value.kind === 'record') return value.field(name);
  return value.kind === 'entity' ? entityField(world, value, name) : undefined;
};

const isContainer = ({ kind }: Symbolic): boolean =>
  kind === 'record' || kind === 'entity' || kind === 'action';

const get = (world: World, { operand, attribute }: Node<'get'>): Outcome => {
  const { fails, value } = encode(world, operand);
  const field = value && fieldOf(world, value, attribute);
  if (field === undefined || field.present === 'false') return failed;
  return { fails: or(fails, not(field.present)), value: field.value() };
};

/** `has a.b` stops at the first step that is not there; what has no parts fails. */
const has = (world: World, { operand, path }: Node<'has'>): Outcome => {
  const start = encode(world, operand);
  let { value } = start;
  let { fails } = start;
  let holds: Term = 'true';
  for (const [at, name] of path.entries()) {
    if (value === undefined) return failed;
    if (!isContainer(value)) {
      fails = or(fails, holds);
      break;
    }
    const field = fieldOf(world, value, name);
    holds = field === undefined ? 'false' : and(holds, field.present);
    if (holds === 'false' || at === path.length - 1) break;
    value = field?.value();
  }
  return { fails, value: booleanOf(holds) };
};

const isType = (world: World, node: Node<'is'>): Outcome => {
  const { fails, value } = encode(world, node.operand);
  if (value === undefined || (value.kind !== 'entity' && value.kind !== 'action')) return failed;
  const type = value.kind === 'entity' ? value.type : value.uid.type;
  if (type !== node.entityType) return { fails, value: booleanOf('false') };
  if (node.in === undefined) return { fails, value: booleanOf('true') };
  const above = encode(world, node.in);
  return encodeIn(world, { fails, value }, above);
};

const like = (world: World, { operand, pattern }: Node<'like'>): Outcome => {
  const { fails, value } = encode(world, operand);
  return value?.kind === 'string'
    ? { fails, value: booleanOf(likeTerm(value.term, pattern)) }
    : failed;
};

const negate = (world: World, operand: Expr): Outcome => {
  const { fails, value } = encode(world, operand);
  if (value?.kind !== 'long') return failed;
  const term = world.script.named(`(- ${value.term})`, 'Int');
  return { fails: or(fails, not(fitsLong(term))), value: { kind: 'long', term } };
};

const parts = (world: World, exprs: readonly Expr[]) => {
  const outcomes = exprs.map((expr) => encode(world, expr));
  const fails = or(...outcomes.map((outcome) => outcome.fails));
  const values = outcomes.map(({ value }) => value).filter((value) => value !== undefined);
  return values.length < exprs.length ? undefined : { fails, values };
};

const set = (world: World, node: Node<'set'>): Outcome => {
  const known = parts(world, node.elements);
  if (known === undefined) return failed;
  const { fails, values } = known;
  const types = values.map(scalarType);
  const [first] = types;
  const isUniform = types.every(
    (type) => first !== undefined && type !== undefined && typeKey(type) === typeKey(first),
  );
  const element = isUniform ? first : undefined;
  return {
    fails,
    value: {
      kind: 'set',
      element,
      elements: values,
      has: () => {
        throw new Unsupported('membership in a set that is written out and chosen', node.span);
      },
    },
  };
};

const record = (world: World, node: Node<'record'>): Outcome => {
  const known = parts(
    world,
    node.entries.map(({ value }) => value),
  );
  if (known === undefined) return failed;
  const fields = new Map(node.entries.map(({ key }, at) => [key, known.values[at] as Symbolic]));
  const value: RecordSymbol = {
    kind: 'record',
    names: [...fields.keys()],
    field: (name) => {
      const inner = fields.get(name);
      return inner && { present: 'true', value: () => inner };
    },
  };
  return { fails: known.fails, value };
};

const variable = (world: World, { name }: Node<'variable'>): Symbolic => {
  if (name === 'context') return contextRecord(world);
  if (name !== 'action') return world[name];
  return { kind: 'action', uid: world.action.uid };
};

const entity = (world: World, { uid }: Node<'entity'>): EntitySymbol | Symbolic =>
  world.schema.actionTypes.has(uid.type)
    ? { kind: 'action', uid }
    : namedEntity(world, uid.type, uid.id);

const literal = (world: World, node: Node<'bool' | 'long' | 'string'>): Outcome => {
  if (node.kind === 'bool') return certain(booleanOf(String(node.value)));
  if (node.kind === 'string') {
    const term = text(node.value);
    if (term === undefined) throw new Unsupported('a character beyond U+2FFFF', node.span);
    return certain({ kind: 'string', term });
  }
  const isLong = BigInt.asIntN(64, node.value) === node.value;
  if (!isLong) return failed;
  const term = node.value < 0n ? `(- ${-node.value})` : `${node.value}`;
  return certain({ kind: 'long', term: world.script.named(term, 'Int') });
};

const encodeNode = (world: World, node: Expr): Outcome => {
  switch (node.kind) {
    case 'bool':
    case 'long':
    case 'string':
      return literal(world, node);
    case 'entity':
      return certain(entity(world, node));
    case 'variable':
      return certain(variable(world, node));
    case 'slot':
      return failed;
    case 'and':
    case 'or':
      return logic(world, node);
    case 'not': {
      const { fails, holds } = boolean(encode(world, node.operand));
      return { fails, value: booleanOf(not(holds)) };
    }
    case 'if':
      return conditional(world, node);
    case 'negate':
      return negate(world, node.operand);
    case 'isEmpty':
      return isEmpty(world, encode(world, node.operand));
    case 'binary':
      return encodeBinary(world, node, [encode(world, node.left), encode(world, node.right)]);
    case 'like':
      return like(world, node);
    case 'is':
      return isType(world, node);
    case 'has':
      return has(world, node);
    case 'get':
      return get(world, node);
    case 'set':
      return set(world, node);
    case 'record':
      return record(world, node);
    case 'call':
      return encodeCall(
        world,
        node,
        node.args.map((arg) => encode(world, arg)),
      );
  }
};

/** The innermost place counts. */
const located = (error: unknown, node: Expr): unknown =>
  error instanceof Unsupported && error.span === undefined && node.span !== undefined
    ? new Unsupported(error.message, node.span)
    : error;

/**
 * What an expression comes to.
 *
 * @throws Unsupported when it has no encoding, with its place
 */
export const encode = (world: World, node: Expr): Outcome => {
  try {
    return tidy(world, encodeNode(world, node));
  } catch (error) {
    throw located(error, node);
  }
};
