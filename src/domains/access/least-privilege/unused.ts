/** `policy unused`: what is granted, joined with what was used. */
import { type EntityRef, entityKey, type Entity } from '../../../engines/authorization/index.ts';
import type { Schema } from '../../../engines/cedar/index.ts';
import { isRefusal, type Refusal } from '../../../kernel/errors.ts';
import { createGrantFinder, type GrantFinder, schemaOf } from './grants.ts';
import { createJudge, type Judge } from './judge.ts';
import { isKept, type PlacedPolicy, readPolicyTexts } from './policy-texts.ts';
import type {
  LeastPrivilegeKpi,
  Membership,
  PolicyUse,
  PrincipalUse,
  Situation,
  UnusedReport,
} from './types.ts';
import { gatherUsage, type GatherOptions, type Usage, type Use, useKey } from './usage.ts';

const maxUnusedShown = 20;

export type UnusedOptions = GatherOptions & {
  /** Ids of policies whose grants do not count, as those annotated `@keep`. */
  readonly keep?: readonly string[];
  /** Questions about grants at most. */
  readonly maxQuestions?: number;
};

/** How often each policy determined something, in source order. */
export const policyUses = (
  policies: readonly PlacedPolicy[],
  usage: Usage,
  keep: readonly string[],
): readonly PolicyUse[] =>
  policies.map((policy) => {
    const { id: policyId, node, file, line } = policy;
    const known = usage.policies.get(policyId);
    return {
      policyId,
      effect: node.effect,
      file,
      line,
      uses: known?.count ?? 0,
      lastUsedMs: known?.lastMs ?? null,
      kept: isKept(policy, keep),
    };
  });

/** Principals of the graph and of the record. */
const principalsOf = (
  schema: Schema,
  entities: readonly Entity[],
  usage: Usage,
): readonly EntityRef[] => {
  const types = new Set([...schema.actions.values()].flatMap(({ principals }) => principals));
  const all = [
    ...entities.map(({ uid }) => uid).filter(({ type }) => types.has(type)),
    ...[...usage.uses.values()].map(({ request }) => request.principal),
  ];
  return [...new Map(all.map((ref) => [entityKey(ref), ref])).values()];
};

const membershipsOf = (
  judge: Judge,
  principal: EntityRef,
  uses: readonly Use[],
): readonly Membership[] =>
  (judge.graph.get(principal)?.parents ?? []).map((group) => ({
    group,
    needed: uses.some(
      ({ request }) =>
        judge.decideWithout(request, { member: principal, group }).decision === 'deny',
    ),
  }));

type Looking = { readonly judge: Judge; readonly usage: Usage; readonly grants: GrantFinder };

const principalUse = (
  { judge, usage, grants }: Looking,
  principal: EntityRef,
  uses: readonly Use[],
): PrincipalUse | undefined => {
  const granted = grants.of(principal);
  if (granted === undefined) return undefined;
  const unused = granted.filter(
    ({ action, resource }) => !usage.uses.has(useKey(principal, action, resource)),
  );
  return {
    principal,
    granted: granted.length,
    used: granted.length - unused.length,
    unused: unused.slice(0, maxUnusedShown),
    memberships: membershipsOf(judge, principal, uses),
  };
};

const ratio = (part: number, whole: number): number | null => (whole === 0 ? null : part / whole);

/** Granted and used within the window ÷ granted: per principal, and over all grants. */
export const kpiOf = (principals: readonly PrincipalUse[]): LeastPrivilegeKpi => {
  const granted = principals.filter((each) => each.granted > 0);
  const atLeastPrivilege = granted.filter((each) => each.used === each.granted).length;
  const grants = granted.reduce((sum, each) => sum + each.granted, 0);
  const usedGrants = granted.reduce((sum, each) => sum + each.used, 0);
  return {
    principals: granted.length,
    atLeastPrivilege,
    share: ratio(atLeastPrivilege, granted.length),
    grants,
    usedGrants,
    usedShare: ratio(usedGrants, grants),
  };
};

/** Resources that the record and the policies name beside those in the graph. */
const namedResources = (policies: readonly PlacedPolicy[], usage: Usage): readonly EntityRef[] => [
  ...[...usage.uses.values()].map(({ request }) => request.resource),
  ...policies.flatMap(({ node: { resource } }) =>
    resource.kind === '==' && 'type' in resource.entity ? [resource.entity] : [],
  ),
];

const reportOf = (
  situation: Situation,
  { judge, usage, options }: { judge: Judge; usage: Usage; options: UnusedOptions },
): UnusedReport | Refusal => {
  const { keep = [], maxQuestions } = options;
  const policies = readPolicyTexts(situation.files);
  if (isRefusal(policies)) return policies;
  const schema = schemaOf(situation.schema);
  if (isRefusal(schema)) return schema;
  const grants = createGrantFinder({
    policies: policies.filter((policy) => policy.node.effect === 'forbid' || !isKept(policy, keep)),
    schema,
    entities: situation.entities,
    resources: namedResources(policies, usage),
    ...(maxQuestions === undefined ? {} : { maxQuestions }),
  });
  if (isRefusal(grants)) return grants;
  const usesOf = Map.groupBy(usage.uses.values(), ({ request }) => entityKey(request.principal));
  const found = principalsOf(schema, situation.entities, usage).map((principal) =>
    principalUse({ judge, usage, grants }, principal, usesOf.get(entityKey(principal)) ?? []),
  );
  const principals = found.filter((each) => each !== undefined);
  const truncated = usage.evidence.truncated || principals.length < found.length;
  return {
    evidence: { ...usage.evidence, truncated },
    policies: policyUses(policies, usage, keep),
    principals,
    kpi: kpiOf(principals),
  };
};

/** Refused when policies, schema or entities cannot be used. */
export const findUnused = async (
  situation: Situation,
  options: UnusedOptions = {},
): Promise<UnusedReport | Refusal> => {
  const judge = createJudge(situation, situation.entities);
  if (isRefusal(judge)) return judge;
  try {
    const usage = await gatherUsage(situation, judge, options);
    return reportOf(situation, { judge, usage, options });
  } finally {
    judge.dispose();
  }
};
