/**
 * The price of a decision: cached, and uncached over 1,000 policies, against Cedar's own WebAssembly
 * build over the whole set in the same run. `--short` asks less often.
 */
import { createRequire } from 'node:module';
import type * as Cedar from '@cedar-policy/cedar-wasm/nodejs';
import { createMemoryAccess, type Entity } from '../src/domains/access/index.ts';
import {
  createPolicySet,
  type EntityGraph,
  graphOf,
  type PolicyRequest,
} from '../src/engines/authorization/index.ts';
import { orThrow } from '../src/kernel/errors.ts';
import { isShort, percentile, report } from './harness/report.ts';

const policies = 1000;
const actions = 25;
const roles = 40;
const endpoints = 50;
const users = 200;
const microseconds = 1000;

/** Grants as people write them: by role, by endpoint, by user, some with a condition. */
const policyText = (i: number): string => {
  const action = `action == Action::"a${i % actions}"`;
  const condition = `when { context has mfa && context.mfa && principal.level > ${i % 5} };`;
  const shapes = [
    `permit (principal in Role::"r${i % roles}", ${action}, resource) ${condition}`,
    `permit (principal in Role::"r${i % roles}", ${action}, resource == Endpoint::"e${i % endpoints}") ${condition}`,
    `permit (principal == User::"u${i % users}", ${action}, resource) ${condition}`,
    `permit (principal, ${action}, resource == Endpoint::"e${i % endpoints}") when { principal in resource.allowed };`,
    `forbid (principal, ${action}, resource == Endpoint::"e${i % endpoints}") when { context has risk && context.risk > 80 };`,
  ];
  return shapes[Math.floor(i / actions) % shapes.length] ?? '';
};

const ref = (type: string, id: string) => ({ type, id });
const entities: readonly Entity[] = [
  ...Array.from({ length: users }, (_, i) => ({
    uid: ref('User', `u${i}`),
    attrs: { level: i % 7 },
    parents: [ref('Role', `r${i % roles}`), ref('Role', `r${(i * 7) % roles}`)],
  })),
  ...Array.from({ length: endpoints }, (_, i) => ({
    uid: ref('Endpoint', `e${i}`),
    attrs: { allowed: [{ __entity: ref('Role', `r${i % roles}`) }] },
    parents: [],
  })),
];

/** A different question each time, in a fixed order. */
const anyQuestion = (n: number): PolicyRequest => {
  const mixed = Math.imul(n + 1, 2654435761) >>> 0;
  return {
    principal: ref('User', `u${mixed % users}`),
    action: ref('Action', `a${(mixed >>> 8) % actions}`),
    resource: ref('Endpoint', `e${(mixed >>> 16) % endpoints}`),
    context: { mfa: n % 2 === 0, risk: mixed % 100 },
  };
};

type Times = { readonly p50: number; readonly p99: number };

const measure = (rounds: number, step: (n: number) => void): Times => {
  for (let n = 0; n < rounds / 4; n++) step(n);
  const samples = new Float64Array(rounds);
  for (let n = 0; n < rounds; n++) {
    const start = performance.now();
    step(n);
    samples[n] = (performance.now() - start) * microseconds;
  }
  return { p50: percentile(samples, 0.5), p99: percentile(samples, 0.99) };
};

/** Questions that scopes alone do not answer; the others would only flatter the figure (2 µs). */
const hardQuestions = (count: number, isHard: (asked: PolicyRequest) => boolean) => {
  const found: PolicyRequest[] = [];
  for (let n = 0; found.length < count; n++) {
    const asked = anyQuestion(n);
    if (isHard(asked)) found.push(asked);
  }
  return (n: number): PolicyRequest => found[n % count] ?? anyQuestion(n);
};

type WholeSet = (request: PolicyRequest) => string;

/** Plain Cedar, preparsed, with just the two entities of the question (the rest cost 20 µs each). */
const plainCedar = (texts: readonly string[], graph: EntityGraph): WholeSet => {
  const require = createRequire(import.meta.url);
  const cedar = require('@cedar-policy/cedar-wasm/nodejs') as typeof Cedar;
  const staticPolicies = Object.fromEntries(texts.map((text, i) => [`policy${i}`, text]));
  cedar.preparsePolicySet('whole', { staticPolicies });
  return (request) => {
    const known = [graph.get(request.principal), graph.get(request.resource)];
    const call = { ...request, entities: known, preparsedPolicySetId: 'whole' };
    const answer = cedar.statefulIsAuthorized(
      call as Parameters<typeof cedar.statefulIsAuthorized>[0],
    );
    return answer.type === 'success' ? answer.response.decision : 'failure';
  };
};

const texts = Array.from({ length: policies }, (_, i) => policyText(i));
const graph = orThrow(graphOf(entities));
const set = orThrow(createPolicySet({ policies: texts.join('\n') }));
const wholeSet = plainCedar(texts, graph);
const question = hardQuestions(5_000, (asked) => set.plan(asked, graph).contextKey({}) !== '');
const rounds = isShort() ? 4_000 : 40_000;
const plainRounds = isShort() ? 200 : 1_000;

for (let n = 0; n < plainRounds; n++) {
  const asked = question(n);
  const ours = set.decide(asked, graph).decision;
  if (ours !== wholeSet(asked)) throw new Error(`disagreement on question ${n}`);
}

const plain = measure(plainRounds, (n) => wholeSet(question(n)));
const uncached = measure(rounds, (n) => set.decide(question(n), graph));
const bound = { of: 'value', atMost: 300 } as const;
const figure = { unit: 'µs', baseline: plain.p50 };
report({ ...figure, name: 'decision, uncached, 1,000 policies, p50', value: uncached.p50, bound });
report({
  unit: 'µs',
  name: 'decision, uncached, 1,000 policies, p99',
  value: uncached.p99,
  baseline: plain.p99,
});

const cold = measure(isShort() ? 500 : 4_000, (n) => {
  if (n % 50 === 0) set.dispose();
  set.decide(question(n), graph);
});
report({
  ...figure,
  name: 'decision, uncached, every slice forgotten after 50 questions, p50',
  value: cold.p50,
  bound,
});

const access = await createMemoryAccess({
  files: [{ file: 'bench.cedar', text: texts.join('\n') }],
  schema: `entity Role; entity User in [Role] { level: Long }; entity Endpoint { allowed: Set<Role> };
    action ${Array.from({ length: actions }, (_, i) => `a${i}`).join(', ')} appliesTo {
      principal: [User], resource: [Endpoint], context: { mfa?: Bool, risk?: Long } };`,
  entities,
});
const working = Array.from({ length: 1000 }, (_, n) => {
  const { action, ...rest } = question(n);
  return { ...rest, action: action.id };
});
const cached = measure(rounds, (n) => {
  const request = working[n % working.length];
  if (request !== undefined) access.decide(request);
});
report({
  ...figure,
  name: 'decision, cached, 1,000 questions in turn, p50',
  value: cached.p50,
  bound: { of: 'value', atMost: 5 },
});
await access.close();
