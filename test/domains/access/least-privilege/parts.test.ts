/** The parts: records from lines of JSON, edits of files, diffs that `patch` takes. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { decisionAsked, decisionsOfLines } from '../../../../src/domains/access/index.ts';
import { editFiles } from '../../../../src/domains/access/least-privilege/edit-files.ts';
import { readPolicyTexts } from '../../../../src/domains/access/least-privilege/policy-texts.ts';
import { diffFiles } from '../../../../src/domains/access/least-privilege/text-diff.ts';
import { orThrow } from '../../../../src/kernel/errors.ts';
import { ask } from './world.ts';

const read = async (lines: readonly string[], fromMs?: number) => {
  const source = decisionsOfLines(
    async function* () {
      yield* lines;
    },
    fromMs === undefined ? {} : { fromMs },
  );
  return Array.fromAsync(source());
};

const request = ask('User::ann', 'chat Endpoint::chat', { risk: 3 });
const plain = JSON.stringify({ timeMs: 5, decision: 'allow', ...request });
const allow = { decision: 'allow' as const, reasons: [], obligations: [], errors: [] };

describe('recorded decisions in lines of JSON', () => {
  it('are plain decisions, OCSF events or ledger entries', async () => {
    const event = decisionAsked({ request, decision: allow, timeMs: 5, service: 'test' }).ocsf;
    const lines = [
      plain,
      JSON.stringify(event),
      '',
      JSON.stringify({ index: 1, v: 1, class: 'forensic', ocsf: event }),
    ];
    const expected = { timeMs: 5, before: 'allow', request };
    assert.deepEqual(await read(lines), [expected, expected, expected]);
  });

  it('count as skipped when they tell too little', async () => {
    const lines = ['{}', '{"class_uid":3004,"unmapped":{}}', plain.replace('"allow"', '"maybe"')];
    assert.deepEqual(await read(lines), [undefined, undefined, undefined]);
  });

  it('are left out when they are too old', async () => {
    assert.equal((await read([plain], 5)).length, 1);
    assert.equal((await read([plain], 6)).length, 0);
  });

  for (const line of ['{', '[]', '1', '"x"', '{"a":1,"a":2}'])
    it(`are refused with their line for ${line}`, async () => {
      await assert.rejects(read([plain, line]), {
        code: 'E_DECISIONS_INVALID',
        message: /^line 2: /,
      });
    });
});

const drop = (text: string, ...ids: readonly string[]): string => {
  const file = { file: 'p.cedar', text };
  const policies = orThrow(readPolicyTexts([file]));
  const edits = policies
    .filter(({ id }) => ids.includes(id))
    .map((policy) => ({ policy, replacement: undefined }));
  return editFiles([file], edits)[0]?.text ?? '';
};
const permit = 'permit (principal, action, resource);';

describe('dropping a policy', () => {
  const cases: readonly (readonly [string, string, string])[] = [
    ['with the comment directly above', `// a\n// b\n${permit}\n`, ''],
    ['but not what stands further above', `// a\n\n// b\n${permit}\n`, '// a\n'],
    ['in the middle of a line', `${permit} ${permit}\n`, ` ${permit}\n`],
    ['with one empty line behind it', `${permit}\n\n// next\n`, '// next\n'],
  ];
  for (const [what, before, after] of cases)
    it(`takes it away ${what}`, () => assert.equal(drop(before, 'policy0'), after));

  it('leaves the others, counted over all policies, as they were', () => {
    const text = `forbid (principal, action, resource);\n${permit}`;
    assert.equal(drop(text, 'policy1'), 'forbid (principal, action, resource);\n');
  });
});

/** What `patch` does, refusing lines that are not where the diff says. */
const patch = (before: string, diff: string): string => {
  const lines = before.split('\n');
  let shift = 0;
  for (const [, start = '', body = ''] of diff.matchAll(
    /^@@ -(\d+),\d+ .*@@\n((?:[ +-].*\n)*)/gm,
  )) {
    const marked = body.split('\n').slice(0, -1);
    const texts = (...marks: readonly string[]) =>
      marked.filter((line) => marks.includes(line[0] ?? '')).map((line) => line.slice(1));
    const [old, fresh] = [texts(' ', '-'), texts(' ', '+')];
    const at = Number(start) - (old.length === 0 ? 0 : 1) + shift;
    assert.deepEqual(lines.slice(at, at + old.length), old);
    lines.splice(at, old.length, ...fresh);
    shift += fresh.length - old.length;
  }
  return lines.join('\n');
};

describe('a diff of files', () => {
  it('is empty for equal files', () => {
    const same = [{ file: 'a', text: 'x\n' }];
    assert.equal(diffFiles(same, same), '');
  });

  it('turns the old file into the new one when it is applied', () => {
    const texts = fc
      .array(fc.constantFrom('a', 'b', 'c', ''), { minLength: 1, maxLength: 30 })
      .map((lines) => `${lines.join('\n')}\n`);
    fc.assert(
      fc.property(texts, texts, (before, later) => {
        const diff = diffFiles([{ file: 'p', text: before }], [{ file: 'p', text: later }]);
        assert.equal(patch(before, diff), later);
      }),
    );
  });
});
