/**
 * `sallyport policy tighten`: proposes a smaller set. Puts nothing in force. Exit code 6 when the
 * proposal was not shown to be smaller, or loses used access without having been told to.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type Proposal, tighten } from '../../../domains/access/index.ts';
import { type ExitName, orThrow, SallyportError } from '../../../kernel/errors.ts';
import { openSolver } from '../../../platform/solver/index.ts';
import type { Invocation } from '../command.ts';
import { connect } from '../connect.ts';
import { cliErrors } from '../errors.ts';
import {
  worksOnFiles,
  readSituation,
  sinceSeconds,
  windowOptions,
} from '../least-privilege-input.ts';
import { usage } from '../options.ts';
import { describeEvidence, describeProposal } from '../show-least-privilege.ts';

const dayMs = 86_400_000;
const maxDays = 3650;

/** Prints the diff, what was checked and what was shown; writes the files with --out. */
export const run = async (invocation: Invocation): Promise<ExitName> => {
  const { options, terminal } = invocation;
  const thresholds = thresholdsOf(invocation);
  const proposal = await ask(invocation, thresholds);
  const out = options.text('out');
  if (out !== undefined) await write(out, proposal);
  terminal.say(describeEvidence(proposal.evidence));
  terminal.show(proposal, describeProposal);
  if (out !== undefined) terminal.say(`written to ${out}; nothing is in force`);
  const isShown = ['strictly-smaller', 'equivalent'].includes(proposal.proof.verdict);
  const mayLose = (thresholds.minUses ?? 1) > 1;
  return isShown && (mayLose || proposal.replay.lost === 0) ? 'ok' : 'verificationFailed';
};

const thresholdsOf = ({ options }: Invocation) => {
  const minUses = options.integer('minUses', { min: 1, max: 1_000_000 });
  const keepDays = options.integer('keepDays', { min: 1, max: maxDays });
  const maxListed = options.integer('maxListed', { min: 0, max: 1000 });
  return {
    ...(minUses === undefined ? {} : { minUses }),
    ...(keepDays === undefined ? {} : { keepMs: keepDays * dayMs }),
    ...(maxListed === undefined ? {} : { maxListed }),
  };
};

const ask = async (
  invocation: Invocation,
  thresholds: ReturnType<typeof thresholdsOf>,
): Promise<Proposal> => {
  const options = { ...windowOptions(invocation), ...thresholds };
  if (!worksOnFiles(invocation)) {
    const client = await connect(invocation);
    const body = { ...options, sinceSeconds: sinceSeconds(invocation) };
    return (await client.call('POST', '/api/v1/policies/tighten', body)) as unknown as Proposal;
  }
  const situation = await readSituation(invocation);
  const solver = openSolver();
  try {
    return orThrow(await tighten(situation, solver.solve, options));
  } finally {
    await solver.close();
  }
};

/** Files that are there already are not touched. */
const write = async (directory: string, { files }: Proposal): Promise<void> => {
  const names = new Set(files.map(({ file }) => basename(file)));
  if (names.size < files.length) throw usage('--out needs policy files with different names');
  await mkdir(directory, { recursive: true });
  for (const { file, text } of files) {
    const path = join(directory, basename(file));
    try {
      await writeFile(path, text, { flag: 'wx' });
    } catch (cause) {
      const detail = `${path} cannot be written, or is there already`;
      throw new SallyportError(cliErrors.E_INPUT_FILE, detail, { cause });
    }
  }
};
