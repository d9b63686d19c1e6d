/** A small company with more grants than it needs, and a month of its decisions. */
import type {
  AccessRequest,
  Entity,
  EntityRef,
  PolicySource,
  RecordedDecision,
  Situation,
} from '../../../../src/domains/access/index.ts';
import { readPolicyFolder } from '../../../../src/domains/access/index.ts';

export const dayMs = 86_400_000;
export const nowMs = Date.UTC(2026, 10, 20);

export const refOf = (text: string): EntityRef => {
  const [type = '', id = ''] = text.split('::');
  return { type, id };
};

const entity = (name: string, parents: readonly string[] = [], attrs = {}): Entity => ({
  uid: refOf(name),
  attrs,
  parents: parents.map(refOf),
});

export const entities: readonly Entity[] = [
  entity('Team::research', ['Role::analyst']),
  entity('User::ann', ['Team::research']),
  entity('User::ben', ['Role::analyst', 'Role::auditor']),
  entity('Service::batch', ['Role::worker']),
  entity('Endpoint::chat'),
  entity('Endpoint::digits'),
];

export const policyText = `// Analysts talk to the models.
@id("analysts")
permit (principal in Role::"analyst", action in Action::"use", resource is Endpoint);

// Left over from the pilot.
@id("pilot")
permit (principal == User::"carl", action, resource);

@id("workers")
permit (principal in Role::"worker", action == Action::"infer", resource == Endpoint::"digits");

// In case of fire.
@id("break-glass")
@keep("asked for by the auditors")
permit (principal in Role::"rescue", action, resource);

@id("nothing-risky")
forbid (principal, action, resource) when { context has risk && context.risk > 50 };
`;

export const files: readonly PolicySource[] = [{ file: 'company.cedar', text: policyText }];

/** `ask('User::ann', 'chat Endpoint::digits')`. */
export const ask = (
  who: string,
  deed: string,
  context: AccessRequest['context'] = {},
): AccessRequest => {
  const [action = '', what = ''] = deed.split(' ');
  return { principal: refOf(who), action, resource: refOf(what), context };
};

const ago = (days: number): number => nowMs - days * dayMs;

export const decided = (
  days: number,
  before: 'allow' | 'deny',
  request: AccessRequest,
): RecordedDecision => ({ timeMs: ago(days), before, request });

export const decisions: readonly RecordedDecision[] = [
  ...[1, 2, 3, 4].map((days) => decided(days, 'allow', ask('User::ann', 'chat Endpoint::chat'))),
  decided(20, 'allow', ask('User::ben', 'embed Endpoint::chat', { risk: 10 })),
  decided(2, 'deny', ask('User::ben', 'chat Endpoint::digits', { risk: 90 })),
  decided(3, 'allow', ask('Service::batch', 'infer Endpoint::digits')),
  decided(3, 'deny', ask('Service::batch', 'chat Endpoint::digits')),
];

export const situationOf = async (
  recorded: readonly (RecordedDecision | undefined)[] = decisions,
): Promise<Situation> => {
  const { schema } = await readPolicyFolder();
  return {
    files,
    schema,
    entities,
    nowMs,
    decisions: async function* () {
      yield* recorded;
    },
  };
};
