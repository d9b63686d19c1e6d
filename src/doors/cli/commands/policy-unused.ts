/** `sallyport policy unused`: what is granted, joined with what was used. Changes nothing. */
import { findUnused, type UnusedReport } from '../../../domains/access/index.ts';
import { orThrow } from '../../../kernel/errors.ts';
import type { Invocation } from '../command.ts';
import { connect } from '../connect.ts';
import {
  worksOnFiles,
  readSituation,
  sinceSeconds,
  windowOptions,
} from '../least-privilege-input.ts';
import { describeEvidence, describeUnused } from '../show-least-privilege.ts';

/** Prints policies, principals and the share of principals at least privilege. */
export const run = async (invocation: Invocation): Promise<void> => {
  const report = await ask(invocation);
  invocation.terminal.say(describeEvidence(report.evidence));
  invocation.terminal.show(report, describeUnused);
};

const ask = async (invocation: Invocation): Promise<UnusedReport> => {
  const options = windowOptions(invocation);
  if (worksOnFiles(invocation))
    return orThrow(await findUnused(await readSituation(invocation), options));
  const client = await connect(invocation);
  const body = { ...options, sinceSeconds: sinceSeconds(invocation) };
  return (await client.call('POST', '/api/v1/policies/unused', body)) as unknown as UnusedReport;
};
