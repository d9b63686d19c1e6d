/** The validator accepts what the builders make and names every kind of fault by its path. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type OcsfEvent, validateOcsf } from '../../../src/engines/ocsf/index.ts';
import { samples } from './samples.ts';

const sample = (title: string): OcsfEvent => {
  const event = samples[title];
  assert.ok(event, title);
  return event;
};
const decision = sample('gateway decision');
const finding = sample('finding');

for (const [title, event] of Object.entries(samples)) {
  test(`accepts the ${title} its builder makes`, () => {
    assert.deepEqual(validateOcsf(event), []);
    assert.deepEqual(validateOcsf(JSON.parse(JSON.stringify(event))), []);
  });
}

const without = (event: OcsfEvent, name: string): unknown => ({ ...event, [name]: undefined });
const circle: Record<string, unknown> = {};
circle.self = circle;

const faults: readonly [title: string, event: unknown, path: string, problem: RegExp][] = [
  ['a missing required attribute', without(decision, 'api'), 'api', /required/],
  ['a missing class attribute', without(decision, 'src_endpoint'), 'src_endpoint', /required/],
  ['an unknown attribute', { ...decision, extra: 1 }, 'extra', /unmapped/],
  ['a name from the prototype', { ...decision, constructor: 1 }, 'constructor', /unmapped/],
  [
    'an unknown nested attribute',
    { ...decision, api: { operation: 'chat', colour: 'red' } },
    'api.colour',
    /not an attribute of api/,
  ],
  ['text where a number belongs', { ...decision, severity_id: '1' }, 'severity_id', /whole number/],
  ['an unsafe integer', { ...decision, time: 2 ** 53 }, 'time', /whole number/],
  ['a fraction', { ...decision, time: 1.5 }, 'time', /whole number/],
  ['a value outside the enumeration', { ...decision, severity_id: 7 }, 'severity_id', /allowed/],
  [
    'an activity of another class',
    { ...decision, activity_id: 9, type_uid: 600309 },
    'activity_id',
    /allowed/,
  ],
  ['a wrong type_uid', { ...decision, type_uid: 600302 }, 'type_uid', /activity_id/],
  ['a wrong category', { ...decision, category_uid: 3 }, 'category_uid', /must be 6/],
  ['a class we do not emit', { ...decision, class_uid: 1001 }, 'class_uid', /not a class/],
  ['a class named by text', { ...decision, class_uid: '6003' }, 'class_uid', /not a class/],
  ['an array where an object belongs', { ...decision, actor: [] }, 'actor', /object/],
  ['an object where an array belongs', { ...decision, resources: {} }, 'resources', /array/],
  ['a bad item', { ...decision, resources: [{ uid: 'a' }, 3] }, 'resources[1]', /object/],
  ['an actor that says nothing', { ...decision, actor: {} }, 'actor', /at least one/],
  [
    'both privileges and group',
    { ...sample('privileges assigned'), group: { uid: 'g' } },
    '',
    /exactly one of privileges, group/,
  ],
  ['"other" without text', { ...decision, disposition_id: 99 }, 'disposition_id', /disposition/],
  [
    'a profile attribute without the profile',
    { ...decision, metadata: { ...decision.metadata, profiles: ['security_control'] } },
    'ai_model',
    /ai_operation/,
  ],
  [
    'a profile that does not fit the class',
    { ...finding, metadata: { ...finding.metadata, profiles: ['ai_operation'] } },
    'metadata.profiles',
    /does not apply/,
  ],
  [
    'another schema version',
    { ...decision, metadata: { ...decision.metadata, version: '1.7.0' } },
    'metadata.version',
    /1\.8\.0/,
  ],
  ['a bigint in unmapped', { ...decision, unmapped: { n: 1n } }, 'unmapped', /plain JSON/],
  ['a circle in unmapped', { ...decision, unmapped: circle }, 'unmapped', /plain JSON/],
  [
    'a bad address',
    { ...decision, src_endpoint: { ip: '10.0.0.256' } },
    'src_endpoint.ip',
    /IP address/,
  ],
  ['text', 'event', '', /object/],
  ['nothing', null, '', /object/],
];

for (const [title, event, path, problem] of faults) {
  test(`finds ${title}`, () => {
    const problems = validateOcsf(event);
    const found = problems.find((candidate) => candidate.path === path);
    assert.ok(found, JSON.stringify(problems));
    assert.match(found.problem, problem);
  });
}

test('stops at fifty problems and at a bounded depth', () => {
  const many = Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`x${i}`, i]));
  assert.equal(validateOcsf({ ...decision, ...many }).length, 50);
  let process: Record<string, unknown> = { pid: 1 };
  for (let i = 0; i < 200; i++) process = { pid: 1, parent_process: process };
  const problems = validateOcsf({ ...decision, actor: { process } });
  assert.match(problems[0]?.problem ?? '', /too deeply/);
});

test('does not keep the query of a path in the event', () => {
  assert.ok(!JSON.stringify(decision).includes('secret'));
});
