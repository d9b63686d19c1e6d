/**
 * Counts of passed and failed checks, appended as JSON lines to the file named by
 * SALLYPORT_TEST_TALLY when it is set, so that .ci/run can add up what separate commands did.
 */
import { appendFileSync } from 'node:fs';

export type Tally = {
  readonly name: string;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
};

/** Appends one line to the tally file; does nothing when no file is asked for. */
export const writeTally = (tally: Tally): void => {
  const file = process.env['SALLYPORT_TEST_TALLY'];
  if (file !== undefined && file !== '') appendFileSync(file, `${JSON.stringify(tally)}\n`);
};

/** Adds up the lines of a tally file. */
export const sumTallies = (text: string): Omit<Tally, 'name'> => {
  const sum = { passed: 0, failed: 0, skipped: 0 };
  for (const line of text.split('\n').filter((candidate) => candidate !== '')) {
    const tally = JSON.parse(line) as Tally;
    sum.passed += tally.passed;
    sum.failed += tally.failed;
    sum.skipped += tally.skipped;
  }
  return sum;
};
