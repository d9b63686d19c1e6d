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

/** The largest file of the log: the entries themselves. */
const largestFile = (directory: string): string =>
  globSync(`${directory}/**/*`)
    .filter((path) => statSync(path).isFile())
    .reduce((a, b) => (statSync(a).size >= statSync(b).size ? a : b));

const tampered: Act = {
  name: 'one byte changed',
  told: 'the verifier finds it',
  play: async (stage) => {
    const copy = join(stage.directory, 'tampered');
    rmSync(copy, { recursive: true, force: true });
    cpSync(join(stage.dataDir, 'ledger'), join(copy, 'ledger'), { recursive: true });
    const file = largestFile(join(copy, 'ledger'));
    const bytes = readFileSync(file);
    const at = Math.floor(bytes.length / 2);
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    writeFileSync(file, bytes);
    const { ok, problems, code } = await verify(stage, copy);
    assert.ok(!ok && code === verificationFailed, `exit code ${code}`);
    const [problem] = problems;
    const where = problem?.index === undefined ? '' : `entry ${problem.index}: `;
    return `exit code ${code}, ${where}${problem?.what ?? ''}`;
  },
};

/** The acts, in order. */
export const ledgerActs: readonly Act[] = [complete, honest, tampered];
