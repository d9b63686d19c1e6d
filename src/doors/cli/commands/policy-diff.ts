/**
 * `sallyport policy diff`: two sets explained by requests. Exit code 6 when it could be shown neither
 * that they differ nor that they do not.
 */
import { compare, type PolicyDiff } from '../../../domains/access/index.ts';
import { type ExitName, orThrow } from '../../../kernel/errors.ts';
import { openSolver } from '../../../platform/solver/index.ts';
import type { Invocation } from '../command.ts';
import { connect } from '../connect.ts';
import {
  isOffline,
  readPolicyFiles,
  readRecord,
  sinceSeconds,
  windowOptions,
} from '../least-privilege-input.ts';
import { readPolicies } from '../policy-input.ts';
import { describeDiff, describeEvidence } from '../show-least-privilege.ts';

/** Prints which requests become allowed and which denied. */
export const run = async (invocation: Invocation): Promise<ExitName> => {
  const { options, terminal } = invocation;
  const isOnFiles = options.list('before').length > 0;
  const diff = isOnFiles ? await compareFiles(invocation) : await askServer(invocation);
  if (diff.recorded !== undefined) terminal.say(describeEvidence(diff.recorded.evidence));
  terminal.show(diff, describeDiff);
  return diff.verdict === 'unknown' ? 'verificationFailed' : 'ok';
};

const compareFiles = async (invocation: Invocation): Promise<PolicyDiff> => {
  const { options } = invocation;
  const after = await readPolicyFiles(invocation);
  const named = { ...options, list: () => options.list('before') };
  const files = await readPolicies({ ...invocation, options: named });
  const solver = openSolver();
  try {
    const sets = { before: { ...after, files }, after, solve: solver.solve };
    if (!isOffline(invocation)) return orThrow(await compare(sets));
    const record = { ...(await readRecord(invocation)), ...windowOptions(invocation) };
    return orThrow(await compare({ ...sets, record }));
  } finally {
    await solver.close();
  }
};

const askServer = async (invocation: Invocation): Promise<PolicyDiff> => {
  const files = await readPolicies(invocation);
  const client = await connect(invocation);
  const { limit } = { limit: undefined, ...windowOptions(invocation) };
  const answer = await client.call('POST', '/api/v1/policies/diff', {
    files,
    sinceSeconds: sinceSeconds(invocation),
    ...(limit === undefined ? {} : { limit }),
  });
  return answer as unknown as PolicyDiff;
};
