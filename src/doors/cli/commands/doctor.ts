/**
 * `sallyport doctor`: looks at everything a start needs, changes nothing, and prints the whole table
 * whatever fails. Configuration is one of the checks, so it runs with a broken one, too.
 */
import type { ExitName } from '../../../kernel/errors.ts';
import type { Invocation } from '../command.ts';
import { type CheckResult, failed, ok, runChecks } from '../doctor/check.ts';
import { directoryChecks } from '../doctor/directory.ts';
import { machineChecks } from '../doctor/machine.ts';
import { formatTable } from '../table.ts';

/** Ends with exit code 0 when nothing failed, 1 otherwise. */
export const run = async (invocation: Invocation): Promise<ExitName> => {
  const nowMs = Date.now();
  const machine = await runChecks(machineChecks({ nodeVersion: process.versions.node, nowMs }));
  const rest = await checkInstallation(invocation, nowMs);
  const checks = [...machine, ...rest];
  const isWell = checks.every(({ status }) => status !== 'failed');
  invocation.terminal.show({ ok: isWell, checks }, () => describe(checks));
  return isWell ? 'ok' : 'unexpected';
};

const checkInstallation = async (
  invocation: Invocation,
  nowMs: number,
): Promise<readonly CheckResult[]> => {
  try {
    const { loadConfiguration } = await import('../load-configuration.ts');
    const { serviceChecks } = await import('../doctor/services.ts');
    const { config, warnings } = await loadConfiguration(invocation);
    const note = warnings.length === 0 ? 'valid' : `valid, with warnings: ${warnings.join('; ')}`;
    return await runChecks([
      { name: 'configuration', run: () => ok(note) },
      ...directoryChecks(config.dataDir, nowMs),
      ...serviceChecks(config, invocation.env),
    ]);
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    const next = 'Correct it; the data directory, port and storage were not checked.';
    return runChecks([{ name: 'configuration', run: () => failed(detail, next) }]);
  }
};

const describe = (checks: readonly CheckResult[]): string => {
  const table = formatTable(
    checks.map(({ name, status, detail }) => ({ check: name, status, detail })),
  );
  const steps = checks.flatMap(({ name, next }) =>
    next === undefined ? [] : [`${name}: ${next}`],
  );
  return steps.length === 0 ? table : `${table}\n\nnext:\n  ${steps.join('\n  ')}`;
};
