/** One line of the doctor's table. */

export type CheckStatus = 'ok' | 'warning' | 'failed';

export type CheckResult = {
  readonly name: string;
  readonly status: CheckStatus;
  readonly detail: string;
  /** What to do about it. */
  readonly next?: string;
};

/** A finding without the name of its check. */
export type Finding = Omit<CheckResult, 'name'>;

export type Check = {
  readonly name: string;
  readonly run: () => Promise<Finding | readonly Finding[]> | Finding | readonly Finding[];
};

export const ok = (detail: string): Finding => ({ status: 'ok', detail });
export const warning = (detail: string, next: string): Finding => ({
  status: 'warning',
  detail,
  next,
});
export const failed = (detail: string, next: string): Finding => ({
  status: 'failed',
  detail,
  next,
});

const deadlineMs = 10_000;

/** Runs the checks one after the other; one that throws or hangs has failed and stops no other. */
export const runChecks = async (checks: readonly Check[]): Promise<readonly CheckResult[]> => {
  const results: CheckResult[] = [];
  for (const check of checks) {
    const found = await runOne(check);
    const findings: readonly Finding[] = 'status' in found ? [found] : found;
    results.push(...findings.map((finding) => ({ name: check.name, ...finding })));
  }
  return results;
};

const runOne = async ({ run }: Check): Promise<Finding | readonly Finding[]> => {
  const { promise: deadline, resolve } = Promise.withResolvers<Finding>();
  const timer = setTimeout(
    () => resolve(failed('no answer in time', 'Check what this depends on.')),
    deadlineMs,
  );
  try {
    return await Promise.race([Promise.try(run), deadline]);
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    return failed(text, hintOf(error) ?? 'Correct what the detail names.');
  } finally {
    clearTimeout(timer);
  }
};

const hintOf = (error: unknown): string | undefined =>
  (error as { readonly kind?: { readonly hint?: string } }).kind?.hint;
