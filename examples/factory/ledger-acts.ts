/** Acts after the gate is closed: what was decided can be proven, and a changed byte is found. */
import assert from 'node:assert/strict';
import { cpSync, globSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Act } from './act.ts';
import type { Stage } from './stage.ts';

type Verification = {
  readonly ok: boolean;
  readonly size: number;
  readonly root: string;
  readonly checkpoints: number;
  readonly problems: readonly { readonly index?: number; readonly what: string }[];
};

const verificationFailed = 6;

const verify = async (
  { tryTool }: Stage,
  dataDir: string,
): Promise<Verification & { readonly code: number | null }> => {
  const { code, stdout, stderr } = await tryTool(
    'ledger',
    'verify',
    '--data-dir',
    dataDir,
    '--json',
  );
  assert.ok(stdout.startsWith('{'), `the verifier said: ${stderr}`);
  return { ...(JSON.parse(stdout) as Verification), code };
};

const complete: Act = {
  name: 'every decision recorded',
  told: 'allow and deny, one entry for each',
  play: async (stage) => {
    const rows = await stage.ledgerRows('Service::spender');
    const decisions = rows.filter(({ decision }) => decision !== null);
    const allowed = decisions.filter(({ decision }) => decision === 'allow').length;
    const denied = decisions.length - allowed;
    assert.deepEqual({ allowed, denied }, { allowed: 10, denied: 54 });
    return `${allowed} allow and ${denied} deny for the spender's 64 requests`;
  },
};

const honest: Act = {
  name: 'ledger verified',
  told: 'the independent verifier agrees',
  play: async (stage) => {
    await stage.stopServer();
    const { ok, size, root, checkpoints, problems, code } = await verify(stage, stage.dataDir);
    assert.ok(ok && code === 0, problems[0]?.what ?? `exit code ${code}`);
    assert.ok(size > 0 && checkpoints > 0, `${size} entries, ${checkpoints} checkpoints`);
    return `${size} entries, ${checkpoints} checkpoints, root ${root.slice(0, 16)}…`;
  },
};

/** A copy of the ledger with one bit of one file changed, in the middle of the file. */
const tamperedCopy = (stage: Stage, file: string): string => {
  const copy = join(stage.directory, 'tampered');
  rmSync(copy, { recursive: true, force: true });
  cpSync(join(stage.dataDir, 'ledger'), join(copy, 'ledger'), { recursive: true });
  const path = join(copy, file);
  const bytes = readFileSync(path);
  const at = Math.floor(bytes.length / 2);
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  writeFileSync(path, bytes);
  return copy;
};

const tampered: Act = {
  name: 'one byte changed',
  told: 'found in every file of the log',
  play: async (stage) => {
    const files = globSync('ledger/log/**/*', { cwd: stage.dataDir }).filter((file) =>
      statSync(join(stage.dataDir, file)).isFile(),
    );
    assert.ok(
      files.some((file) => file.includes('tile/entries')),
      'the log has no entries',
    );
    let found = '';
    for (const file of files) {
      const { ok, problems, code } = await verify(stage, tamperedCopy(stage, file));
      assert.ok(!ok && code === verificationFailed, `${file}: exit code ${code}`);
      if (file.includes('tile/entries')) found = problems[0]?.what ?? '';
    }
    return `exit code ${verificationFailed} for each of ${files.length} files; entries: ${found}`;
  },
};

/** The acts, in order. */
export const ledgerActs: readonly Act[] = [complete, honest, tampered];
