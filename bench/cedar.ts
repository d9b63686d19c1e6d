/**
 * What our own Cedar costs: one decision at 100 and at 10,000 policies over a prepared entity store,
 * and decisions per second on one core; against Cedar's WebAssembly build over the same set in the
 * same run. An organisation of 10,000 users and 10,000 documents is cut into more or fewer teams; each
 * brings ten policies, and five policies are everybody's. `--short` asks less often.
 */
import { createRequire } from 'node:module';
import type * as Cedar from '@cedar-policy/cedar-wasm/nodejs';
import {
  type CedarRequest,
  createEntityStore,
  createPolicyStore,
  type EntityStore,
  type PolicyStore,
} from '../src/engines/cedar/index.ts';
import { orThrow } from '../src/kernel/errors.ts';
import { isShort, percentile, report } from './harness/report.ts';

const policiesPerTeam = 10;
const users = 10_000;
const docs = 10_000;
const roles = 40;
const microseconds = 1000;

const actions = ['read', 'write', 'delete', 'approve', 'list', 'share'] as const;
const common = [
  'forbid (principal, action, resource) when { context has blocked && context.blocked };',
  'forbid (principal, action == Action::"delete", resource) unless { context.mfa };',
  'permit (principal in Role::"admin", action, resource);',
  'permit (principal, action in Action::"look", resource) when { resource has public && resource.public };',
  'forbid (principal is Guest, action, resource);',
];

const teamPolicies = (t: number): readonly string[] => {
  const team = `principal in Team::"t${t}"`;
  const folder = `resource in Folder::"f${t}"`;
  const role = `principal in Role::"r${t % roles}"`;
  return [
    `permit (${team}, action in Action::"look", ${folder});`,
    `permit (${team}, action == Action::"write", ${folder}) when { principal.level > ${t % 4} };`,
    `permit (${team}, action in [Action::"share", Action::"approve"], resource is Doc in Folder::"f${t}") when { context.mfa };`,
    `forbid (${team}, action == Action::"write", ${folder}) when { context.risk > 80 };`,
    `permit (principal == User::"u${t}-0", action, resource == Doc::"d${t}-0");`,
    `permit (${role}, action == Action::"read", resource == Doc::"d${t}-1") when { principal.department == resource.department };`,
    `permit (principal, action == Action::"read", resource == Doc::"d${t}-2") when { resource.labels.contains("open") };`,
    `permit (${role}, action == Action::"delete", ${folder}) unless { resource.labels.contains("hold") };`,
    `forbid (principal, action == Action::"delete", ${folder}) when { !(principal in resource.owner) && context.risk > 50 };`,
    `permit (principal is User, action == Action::"approve", ${folder}) when { context.amount < resource.limit };`,
  ];
};

const ref = (type: string, id: string) => ({ type, id });
const entity = (type: string, id: string) => ({ __entity: ref(type, id) });

/** The members of a team when the organisation has so many teams. */
const share = (all: number, teams: number): number => Math.floor(all / teams);

const teamEntities = (t: number, teams: number): readonly unknown[] => [
  { uid: ref('Team', `t${t}`), attrs: {}, parents: [ref('Team', `area${t % 10}`)] },
  { uid: ref('Folder', `f${t}`), attrs: {}, parents: [ref('Folder', 'root')] },
  ...Array.from({ length: share(users, teams) }, (_, u) => ({
    uid: ref('User', `u${t}-${u}`),
    attrs: { level: u % 7, department: `p${u % 5}` },
    parents: [ref('Team', `t${t}`), ref('Role', `r${(t + u) % roles}`)],
  })),
  ...Array.from({ length: share(docs, teams) }, (_, d) => ({
    uid: ref('Doc', `d${t}-${d}`),
    attrs: {
      limit: d * 100,
      department: `p${d % 5}`,
      labels: d % 2 === 0 ? ['open', 'draft'] : ['hold'],
      owner: entity('User', `u${t}-${d % share(users, teams)}`),
    },
    parents: [ref('Folder', `f${t}`)],
  })),
];

const actionEntities = actions.map((id) => ({
  uid: ref('Action', id),
  attrs: {},
  parents: id === 'read' || id === 'list' ? [ref('Action', 'look')] : [],
}));

type World = {
  readonly teams: number;
  readonly text: string;
  readonly store: PolicyStore;
  readonly entities: EntityStore;
  readonly questions: readonly CedarRequest[];
};

/** A number from 0 to 1, always the same for the same n and salt. */
const chance = (n: number, salt: number): number => {
  const mixed = Math.imul((n + 1) ^ (salt << 20), 2654435761);
  return (Math.imul(mixed ^ (mixed >>> 15), 2246822519) >>> 0) / 2 ** 32;
};

type Skew = (share: number) => number;
/** Who asks is like everywhere: a tenth of the users asks about half of the questions. */
const skewed: Skew = (share) => share ** 3;
/** The worst case for caches: everybody asks as often as everybody else. */
const even: Skew = (share) => share;

/** Mostly about the own team, since that is what people ask. */
const question = (n: number, teams: number, skew: Skew): CedarRequest => {
  const pick = (salt: number, count: number): number => Math.floor(skew(chance(n, salt)) * count);
  const team = pick(1, teams);
  const other = n % 5 === 0 ? (team + 1) % teams : team;
  return {
    principal: ref('User', `u${team}-${pick(2, share(users, teams))}`),
    action: ref('Action', actions[Math.floor(chance(n, 3) * actions.length)] ?? 'read'),
    resource: ref('Doc', `d${other}-${pick(4, share(docs, teams))}`),
    context: {
      mfa: n % 3 !== 0,
      risk: Math.floor(chance(n, 5) * 100),
      amount: Math.floor(chance(n, 6) * 3000),
    },
  };
};

const createWorld = (policies: number, skew: Skew): World => {
  const teams = Math.floor((policies - common.length) / policiesPerTeam);
  const each = Array.from({ length: teams }, (_, t) => t);
  const text = [...common, ...each.flatMap(teamPolicies)].join('\n');
  const entities = [...actionEntities, ...each.flatMap((t) => teamEntities(t, teams))];
  return {
    teams,
    text,
    store: createPolicyStore({ policies: text }),
    entities: orThrow(createEntityStore({ entities })),
    questions: Array.from({ length: 5_000 }, (_, n) => question(n, teams, skew)),
  };
};

/** `perSecond`: per second that a core worked, the garbage collector's threads included. */
type Times = { readonly p50: number; readonly p99: number; readonly perSecond: number };

const measure = (rounds: number, step: (n: number) => void): Times => {
  for (let n = 0; n < rounds / 2; n++) step(n);
  const samples = new Float64Array(rounds);
  for (let n = 0; n < rounds; n++) {
    const start = performance.now();
    step(n);
    samples[n] = (performance.now() - start) * microseconds;
  }
  const before = process.cpuUsage();
  for (let n = 0; n < rounds; n++) step(n);
  const { user, system } = process.cpuUsage(before);
  const perSecond = (rounds / (user + system)) * 1_000_000;
  return { p50: percentile(samples, 0.5), p99: percentile(samples, 0.99), perSecond };
};

const measureOurs = ({ store, entities, questions }: World, rounds: number): Times =>
  measure(rounds, (n) => {
    const asked = questions[n % questions.length];
    if (asked !== undefined) store.decide(asked, entities);
  });

/** Plain Cedar, preparsed, with just the entities of the question (the rest cost 26 µs each). */
const plainCedar = ({ text, teams }: World): ((request: CedarRequest) => string) => {
  const require = createRequire(import.meta.url);
  const cedar = require('@cedar-policy/cedar-wasm/nodejs') as typeof Cedar;
  cedar.preparsePolicySet('whole', { staticPolicies: text });
  const teamOf = (id: string): number => Number(/\d+/.exec(id)?.[0] ?? 0);
  return (request) => {
    const ids = [request.principal, request.resource].map(({ id }) => id);
    const near = [...new Set(ids.map(teamOf))].flatMap((t) => teamEntities(t, teams)) as {
      uid: { id: string };
    }[];
    const needed = near.filter(({ uid }) => !uid.id.includes('-') || ids.includes(uid.id));
    const entities = [...actionEntities, ...needed];
    const call = { ...request, entities, preparsedPolicySetId: 'whole' } as unknown;
    const answer = cedar.statefulIsAuthorized(
      call as Parameters<typeof cedar.statefulIsAuthorized>[0],
    );
    return answer.type === 'success' ? answer.response.decision : 'failure';
  };
};

const rounds = isShort() ? 20_000 : 400_000;
const plainRounds = isShort() ? 20 : 200;

const large = createWorld(10_000, skewed);
const cedar = plainCedar(large);
let allowed = 0;
for (const [n, asked] of large.questions.slice(0, plainRounds).entries()) {
  const ours = large.store.decide(asked, large.entities).decision;
  if (ours !== cedar(asked)) throw new Error(`disagreement on question ${n}`);
  allowed += ours === 'allow' ? 1 : 0;
}
if (allowed === 0 || allowed === plainRounds) throw new Error('the questions decide nothing');

const plain = measure(plainRounds, (n) => {
  const asked = large.questions[n];
  if (asked !== undefined) cedar(asked);
});
const small = measureOurs(createWorld(100, skewed), rounds);
const big = measureOurs(large, rounds);
const worst = measureOurs(createWorld(10_000, even), rounds);

report({
  name: 'cedar: decision at 10,000 policies, p50',
  value: big.p50,
  unit: 'µs',
  baseline: plain.p50,
  bound: { of: 'value', atMost: 2 },
});
report({ name: 'cedar: decision at 10,000 policies, p99', value: big.p99, unit: 'µs' });
report({
  name: 'cedar: decision at 10,000 policies, p50, against 100 policies',
  value: big.p50,
  unit: 'µs',
  baseline: small.p50,
  bound: { of: 'ratio', atMost: 2 },
});
report({
  name: 'cedar: decisions per second and core at 10,000 policies',
  value: big.perSecond,
  unit: '/s',
  baseline: plain.perSecond,
  bound: { of: 'value', atLeast: 500_000 },
});
report({
  name: 'cedar: decision at 10,000 policies, 5,000 questions as often as each other, p50',
  value: worst.p50,
  unit: 'µs',
});
