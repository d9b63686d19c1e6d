/** Offline policy commands: the interface of the issue, to the letter. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { run } from './world.ts';

let root = '';
const at = (name: string): string => join(root, name);
before(async () => {
  root = await mkdtemp(join(tmpdir(), 'sallyport-policy-'));
  await writeFile(
    at('p.cedar'),
    [
      '// first line',
      '@id("readers")',
      '@obligations("round_scores:2, audit:strict")',
      'permit (principal in Role::"reader", action == Action::"infer", resource);',
      '',
      '@id("no-risk")',
      'forbid (principal, action, resource) when { context has risk && context.risk > 50 };',
      '',
    ].join('\n'),
  );
  const entities = [
    { uid: { type: 'User', id: 'alice' }, attrs: {}, parents: [{ type: 'Role', id: 'reader' }] },
    { uid: { type: 'Role', id: 'reader' }, attrs: {}, parents: [] },
  ];
  await writeFile(at('e.json'), JSON.stringify(entities));
  await writeFile(at('bad.cedar'), 'permit (principal, action');
});
after(() => rm(root, { recursive: true, force: true }));

const ask = async (request: object, verb = 'authorize') => {
  await writeFile(at('r.json'), JSON.stringify(request));
  const files = [
    '--policies',
    at('p.cedar'),
    '--entities',
    at('e.json'),
    '--request',
    at('r.json'),
  ];
  return run(['policy', verb, ...files, '--json']);
};
const request = (id: string, context: object = {}) => ({
  principal: { type: 'User', id },
  action: { type: 'Action', id: 'infer' },
  resource: { type: 'Endpoint', id: 'digits' },
  context,
});

test('search finds what fits the open place, and says what the policies ask of it', async () => {
  const schema = `entity Role; entity User in [Role]; entity Endpoint;
    action infer, chat appliesTo { principal: [User], resource: [Endpoint], context: { risk?: Long } };`;
  await writeFile(at('s.cedarschema'), schema);
  const files = [
    '--policies',
    at('p.cedar'),
    '--entities',
    at('e.json'),
    '--request',
    at('r.json'),
  ];
  const search = async (open: object) => {
    await writeFile(at('r.json'), JSON.stringify({ ...request('alice'), ...open }));
    const words = ['policy', 'search', ...files, '--schema', at('s.cedarschema'), '--json'];
    const { code, stderr, json } = await run(words);
    assert.equal(code, 0, stderr);
    return json();
  };
  assert.deepEqual(await search({ principal: { type: 'User' } }), {
    find: 'principal',
    results: [{ type: 'User', id: 'alice' }],
    residuals: [
      { policyId: 'readers', effect: 'permit', condition: 'principal in Role::"reader"' },
    ],
  });
  assert.deepEqual(await search({ action: undefined, resource: { type: 'Endpoint', id: 'd' } }), {
    find: 'action',
    results: [{ type: 'Action', id: 'infer' }],
    residuals: [{ policyId: 'readers', effect: 'permit', condition: 'action == Action::"infer"' }],
  });
  assert.deepEqual(
    ((await search({ resource: { type: 'Endpoint' } })) as { results: unknown }).results,
    [],
  );
});

test('prints an allow with reasons and obligations', async () => {
  const { code, stderr, json } = await ask(request('alice'));
  assert.equal(code, 0, stderr);
  assert.deepEqual(json(), {
    decision: 'allow',
    reasons: [{ policyId: 'readers', file: at('p.cedar'), line: 2 }],
    obligations: [
      { name: 'round_scores', argument: '2' },
      { name: 'audit', argument: 'strict' },
    ],
    errors: [],
  });
});

test('prints a deny with exit code 0', async () => {
  const nobody = await ask(request('mallory'));
  assert.equal(nobody.code, 0);
  assert.deepEqual(nobody.json(), { decision: 'deny', reasons: [], obligations: [], errors: [] });
  const risky = (await ask(request('alice', { risk: 80 }))).json() as {
    decision: string;
    reasons: { policyId: string; line: number }[];
  };
  assert.equal(risky.decision, 'deny');
  assert.deepEqual(
    risky.reasons.map(({ policyId, line }) => [policyId, line]),
    [['no-risk', 6]],
  );
});

test('explains every policy', async () => {
  const { policies } = (await ask(request('mallory'), 'explain')).json() as {
    policies: { policyId: string; outcome: string }[];
  };
  assert.deepEqual(
    policies.map(({ policyId, outcome }) => [policyId, outcome]),
    [
      ['readers', 'out-of-scope'],
      ['no-risk', 'not-matched'],
    ],
  );
});

test('validates files and directories; exit code 6 with the place of an error', async () => {
  const good = await run(['policy', 'validate', '--policies', at('p.cedar'), '--json']);
  assert.deepEqual([good.code, good.json()], [0, { ok: true, problems: [] }]);
  const bad = await run(['policy', 'validate', '--policies', root, '--json']);
  assert.equal(bad.code, 6);
  const { problems } = bad.json() as { problems: { file: string }[] };
  assert.equal(problems[0]?.file, at('bad.cedar'));
});

test('malformed input is wrong usage, with its place', async () => {
  const cases: readonly (readonly [object, RegExp])[] = [
    [{}, /principal: /],
    [{ ...request('a'), action: 'infer' }, /action: /],
    [{ ...request('a'), context: [] }, /E_POLICY_REQUEST_INVALID/],
  ];
  for (const [body, expected] of cases) {
    const { code, stderr } = await ask(body);
    assert.equal(code, 2);
    assert.match(stderr, expected);
  }
  await ask(request('alice'));
  const files = ['--entities', at('e.json'), '--request', at('r.json')];
  const broken = await run(['policy', 'authorize', '--policies', at('bad.cedar'), ...files]);
  assert.equal(broken.code, 2);
  assert.match(broken.stderr, /E_POLICY_INVALID/);
  const missing = await run(['policy', 'authorize', '--policies', at('none'), ...files]);
  assert.equal(missing.code, 2);
  assert.match(missing.stderr, /ENOENT/);
});
