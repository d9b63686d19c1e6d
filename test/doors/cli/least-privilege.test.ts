/** `policy unused`, `tighten` and `diff` on files: what they print, write and end with. */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { run } from './world.ts';

let root = '';
const at = (name: string): string => join(root, name);
const nowMs = Date.now();
const decision = (who: string, action: string): string =>
  JSON.stringify({
    timeMs: nowMs,
    decision: 'allow',
    principal: { type: 'User', id: who },
    action,
    resource: { type: 'Endpoint', id: 'chat' },
    context: {},
  });

before(async () => {
  root = await mkdtemp(join(tmpdir(), 'sallyport-least-'));
  const analysts = 'permit (principal in Role::"analyst", action in Action::"use", resource);';
  const pilot = 'permit (principal == User::"carl", action, resource);';
  await writeFile(at('p.cedar'), `@id("analysts")\n${analysts}\n\n@id("pilot")\n${pilot}\n`);
  const analyst = { type: 'Role', id: 'analyst' };
  const entities = [
    {
      uid: { type: 'User', id: 'ann' },
      attrs: {},
      parents: [analyst, { type: 'Team', id: 'old' }],
    },
    { uid: { type: 'User', id: 'ben' }, attrs: {}, parents: [analyst] },
    { uid: { type: 'Endpoint', id: 'chat' }, attrs: {}, parents: [] },
  ];
  await writeFile(at('e.json'), JSON.stringify(entities));
  await writeFile(at('d.jsonl'), `${decision('ann', 'chat')}\n${decision('ann', 'chat')}\n`);
  await writeFile(at('bad.jsonl'), `${decision('ann', 'chat')}\n{"timeMs":\n`);
  await writeFile(at('none.jsonl'), '');
});
after(() => rm(root, { recursive: true, force: true }));

const onFiles = (verb: string, decisions = 'd.jsonl', ...more: readonly string[]) =>
  run([
    'policy',
    verb,
    '--policies',
    at('p.cedar'),
    '--entities',
    at('e.json'),
    '--decisions',
    at(decisions),
    ...more,
  ]);

describe('policy unused', () => {
  it('shows policies, principals and the share', async () => {
    const { code, stdout, stderr } = await onFiles('unused');
    assert.equal(code, 0, stderr);
    assert.match(stdout, /analysts +permit +2/);
    assert.match(stdout, /pilot +permit +0 +-/);
    assert.match(stdout, /User::ann +7 +1 +6 +Team::old/);
    assert.match(stdout, /at least privilege: 0 of 2 principals \(0\.0 %\)/);
    assert.match(stderr, /2 decisions read/);
  });

  it('prints JSON', async () => {
    const { json } = await onFiles('unused', 'd.jsonl', '--json');
    const { kpi } = json() as { kpi: { share: number; grants: number } };
    assert.deepEqual([kpi.share, kpi.grants], [0, 14]);
  });

  it('leaves out what is kept', async () => {
    const { stdout } = await onFiles('unused', 'd.jsonl', '--keep', 'analysts');
    assert.match(stdout, /0 of 0 principals \(nobody is granted anything\)/);
  });

  it('names the line of a decision that it cannot read', async () => {
    const { code, stderr } = await onFiles('unused', 'bad.jsonl');
    assert.equal(code, 2);
    assert.match(stderr, /line 2: .*E_DECISIONS_INVALID/s);
  });

  it('asks for what belongs together', async () => {
    const alone = await run(['policy', 'unused', '--policies', at('p.cedar')]);
    assert.equal(alone.code, 2);
    const record = await run(['policy', 'unused', '--decisions', at('d.jsonl')]);
    assert.equal(record.code, 2);
    assert.match(record.stderr, /--policies is missing/);
  });
});

describe('policy tighten', () => {
  it('shows the diff and what was proven, and writes files that are in force nowhere', async () => {
    const { code, stdout, stderr } = await onFiles('tighten', 'd.jsonl', '--out', at('out'));
    assert.equal(code, 0, stderr);
    assert.match(stdout, /\n-permit \(principal == User::"carl", action, resource\);\n/);
    assert.match(stdout, /2 recorded permissions asked again, 0 lost\nproven: allows nothing new/);
    assert.match(await readFile(at('out/p.cedar'), 'utf8'), /action == Action::"chat"/);
    const again = await onFiles('tighten', 'd.jsonl', '--out', at('out'));
    assert.equal(again.code, 2);
    assert.match(again.stderr, /is there already/);
  });

  it('does not propose anything on no evidence', async () => {
    const { code, stderr } = await onFiles('tighten', 'none.jsonl');
    assert.equal(code, 8);
    assert.match(stderr, /E_EVIDENCE_MISSING/);
  });

  it('says what few uses cost', async () => {
    const { code, stdout } = await onFiles('tighten', 'd.jsonl', '--min-uses', '3', '--json');
    const { replay, proof } = JSON.parse(stdout) as Record<
      string,
      { lost: number; verdict: string }
    >;
    assert.deepEqual([code, replay?.lost, proof?.verdict], [0, 2, 'strictly-smaller']);
  });
});

describe('policy diff', () => {
  it('explains two sets by requests', async () => {
    await writeFile(at('after.cedar'), 'permit (principal in Role::"analyst", action, resource);');
    const sets = ['--before', at('p.cedar'), '--policies', at('after.cedar')];
    const record = ['--entities', at('e.json'), '--decisions', at('d.jsonl')];
    const { code, stdout, stderr } = await run(['policy', 'diff', ...sets, ...record]);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /becomes allowed \(\d+ kinds of request\)/);
    assert.match(stdout, /becomes denied[^]*because of pilot/);
    assert.match(stdout, /0 recorded decisions change/);
    assert.match(stdout, /different\n$/);
  });

  it('proves that a set is like itself', async () => {
    const sets = ['--before', at('p.cedar'), '--policies', at('p.cedar')];
    const { code, stdout } = await run(['policy', 'diff', ...sets]);
    assert.deepEqual([code, stdout], [0, 'proven: both sets decide alike\n']);
  });

  it('refuses a set that does not parse', async () => {
    await writeFile(at('broken.cedar'), 'permit (');
    const sets = ['--before', at('p.cedar'), '--policies', at('broken.cedar')];
    const { code, stderr } = await run(['policy', 'diff', ...sets]);
    assert.match(stderr, /E_POLICY_INVALID/);
    assert.notEqual(code, 0);
  });
});
