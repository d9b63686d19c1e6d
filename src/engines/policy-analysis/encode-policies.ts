/**
 * Policies and sets of them for one kind of request. A policy that has no encoding is left open: it
 * may match and it may fail, as two bools that nothing is known about (the same for the same policy in
 * two sets). What is proven then is proven whatever the policy does.
 */
import { formatPolicy, type PolicyNode, type Span, policyToExpr } from '../cedar/index.ts';
import { encode } from './encode.ts';
import { and, not, or, type Term } from './smt.ts';
import { Unsupported } from './symbolic.ts';
import type { AnalysedPolicy, AnalysedSet, Doubt } from './types.ts';
import type { World } from './world.ts';

type EncodedPolicy = {
  readonly matches: Term;
  readonly errs: Term;
  readonly obstacle?: { readonly reason: string; readonly span?: Span };
};

export type EncodedSet = { readonly allows: Term; readonly errs: Term };

const bare = (node: PolicyNode): PolicyNode => ({
  ...node,
  effect: 'permit',
  annotations: new Map(),
});

/** Longer scripts are not worth a solver's time. */
const maxScript = 4_000_000;

const encodePolicy = (world: World, node: PolicyNode): EncodedPolicy => {
  const open = (reason: string, span?: Span): EncodedPolicy => ({
    matches: world.script.fresh('Bool'),
    errs: world.script.fresh('Bool'),
    obstacle: span === undefined ? { reason } : { reason, span },
  });
  if (world.script.size() > maxScript) return open('the policies are too large to analyse');
  try {
    const { fails, value } = encode(world, policyToExpr(node));
    if (value?.kind !== 'boolean') return { matches: 'false', errs: fails };
    return { matches: world.script.named(and(not(fails), value.term), 'Bool'), errs: fails };
  } catch (error) {
    if (error instanceof Unsupported) return open(error.message, error.span ?? node.span);
    throw error;
  }
};

export type PolicyEncoder = {
  readonly encodeSet: (set: AnalysedSet) => EncodedSet;
  /** Policies that were left open. */
  readonly doubts: () => readonly Doubt[];
};

/** Encodes sets over one world; what they share is encoded once. */
export const createPolicyEncoder = (world: World): PolicyEncoder => {
  const known = new Map<string, EncodedPolicy>();
  const doubts = new Map<string, Doubt>();
  const encodeOne = ({ id, node }: AnalysedPolicy): EncodedPolicy => {
    const key = formatPolicy(bare(node));
    const encoded = known.get(key) ?? encodePolicy(world, node);
    known.set(key, encoded);
    const { obstacle } = encoded;
    if (obstacle !== undefined)
      doubts.set(key, { ...obstacle, environment: world.environment, policyId: id });
    return encoded;
  };
  const isDenying = world.semantics.erringForbids === 'deny';
  return {
    encodeSet: (set) => {
      const all = set.map((policy) => ({ ...encodeOne(policy), effect: policy.node.effect }));
      const permits = all.filter(({ effect }) => effect === 'permit');
      const forbids = all.filter(({ effect }) => effect === 'forbid');
      const forbidden = forbids.flatMap(({ matches, errs }) =>
        isDenying ? [matches, errs] : [matches],
      );
      const allows = and(or(...permits.map(({ matches }) => matches)), not(or(...forbidden)));
      return {
        allows: world.script.named(allows, 'Bool'),
        errs: world.script.named(or(...all.map(({ errs }) => errs)), 'Bool'),
      };
    },
    doubts: () => [...doubts.values()],
  };
};
