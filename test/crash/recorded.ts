/** What the restarted server and the independent verifier say about the ledger. */
import assert from 'node:assert/strict';
import { copyFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { controlPlaneOf } from '../../examples/factory/control-plane.ts';
import { runTool } from '../../examples/factory/programs.ts';

type Row = {
  readonly index: number;
  readonly correlationUid: string | null;
  readonly decision: 'allow' | 'deny' | null;
};
type Page = { readonly size: number; readonly entries: readonly Row[] };
export type Verification = { readonly ok: boolean; readonly size: number; readonly root: string };

const pageSize = 1_000;

/**
 * Reads the index from the newest entry down to `fromIndex`; fails when an index is missing, since
 * the index must have been rebuilt to the last entry of the log.
 */
export const readDecisions = async (
  dataDir: string,
  fromIndex: number,
): Promise<{ readonly size: number; readonly allowed: ReadonlySet<string> }> => {
  const { call } = controlPlaneOf(dataDir);
  const allowed = new Set<string>();
  let size = 0;
  let next: number | undefined;
  for (;;) {
    const before = next === undefined ? '' : `&before=${next}`;
    const page = (await call('GET', `/api/v1/ledger/entries?limit=${pageSize}${before}`)) as Page;
    if (next === undefined) size = page.size;
    for (const { index, correlationUid, decision } of page.entries) {
      if (next !== undefined) assert.equal(index, next - 1, 'the index has a gap');
      next = index;
      if (decision === 'allow' && correlationUid !== null) allowed.add(correlationUid);
    }
    if (page.entries.length === 0 || (next ?? 0) <= fromIndex) return { size, allowed };
  }
};

/** Asks for the proof of the last entry, which makes the server sign a checkpoint over all of them. */
export const proveLast = async (dataDir: string, size: number): Promise<void> => {
  const proof = await controlPlaneOf(dataDir).call(
    'GET',
    `/api/v1/ledger/entries/${size - 1}/proof`,
  );
  assert.match(String(proof), /^c2sp\.org\/tlog-proof@v1\n/);
};

/**
 * Runs `sallyport ledger verify`, against the checkpoint kept from the last time if there is one, and
 * keeps the present one; fails when the verifier finds anything.
 */
export const verifyLedger = async (dataDir: string, keptFile: string): Promise<Verification> => {
  const kept = existsSync(keptFile) ? ['--checkpoint', keptFile] : [];
  const args = ['ledger', 'verify', '--data-dir', dataDir, ...kept, '--json'];
  const { code, stdout, stderr } = await runTool(args);
  assert.equal(code, 0, `ledger verify ended with ${code}: ${stdout} ${stderr}`);
  copyFileSync(join(dataDir, 'ledger/log/checkpoint'), keptFile);
  return JSON.parse(stdout) as Verification;
};
