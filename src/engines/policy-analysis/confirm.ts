/** Asks our evaluator what sets decide about an example, policy by policy, without any index. */
import {
  checkEntities,
  checkRequest,
  createPolicyStore,
  type PolicyStore,
  type Schema,
  type Env,
  compileConditions,
  scopeHolds,
} from '../cedar/index.ts';
import type { AnalysedSet, Example, Semantics } from './types.ts';

export type Decided = {
  readonly allows: boolean;
  /** Some policy could not be evaluated. */
  readonly errs: boolean;
  readonly reasons: readonly string[];
};

const decideSet = (set: AnalysedSet, env: Env, { erringForbids }: Semantics): Decided => {
  const permits: string[] = [];
  const forbids: string[] = [];
  let errs = false;
  for (const { id, node } of set) {
    if (!scopeHolds(node, env)) continue;
    const outcome = compileConditions(node)?.(env) ?? true;
    if (outcome === false) continue;
    if (outcome !== true) errs = true;
    const isForbid = node.effect === 'forbid';
    if (outcome === true) (isForbid ? forbids : permits).push(id);
    else if (isForbid && erringForbids === 'deny') forbids.push(id);
  }
  const allows = permits.length > 0 && forbids.length === 0;
  return { allows, errs, reasons: allows ? permits : forbids };
};

export type Candidate = Pick<Example, 'request' | 'entities'>;

export type Confirm = (
  candidate: Candidate,
  sets: readonly AnalysedSet[],
) => readonly Decided[] | { readonly problem: string };

/** Prepares confirmation over a schema; examples that do not fit it are refused with a problem. */
export const createConfirm = (schema: Schema, semantics: Semantics): Confirm => {
  const store: PolicyStore = createPolicyStore({ policies: '', schema });
  return ({ request, entities }, sets) => {
    const [problem] = [
      ...checkRequest(schema, request),
      ...checkEntities(schema, entities as readonly unknown[]),
    ];
    if (problem !== undefined) return { problem: problem.message };
    const env = store.bind(request, entities);
    return 'problem' in env ? env : sets.map((set) => decideSet(set, env, semantics));
  };
};
