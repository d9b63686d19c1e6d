/**
 * Runs the tests: `node tools/test.ts [unit|e2e|crash]... [--short] [path part]...`.
 * Prints failures and skips in full, passes only as a count. Default: unit and e2e.
 */
import { run } from 'node:test';
import { inspect, styleText } from 'node:util';
import { writeTally } from './tally.ts';
import { type TestKind, testFiles, testKinds } from './test-files.ts';
import { startWatchdog, type Watchdog } from './watchdog.ts';

type TestEvent = {
  readonly name: string;
  readonly nesting: number;
  readonly file?: string | undefined;
  readonly skip?: string | boolean | undefined;
  readonly todo?: string | boolean | undefined;
  readonly details: {
    readonly type?: string | undefined;
    readonly duration_ms: number;
    readonly error?: (Error & { readonly failureType?: string }) | undefined;
  };
};
type Result = { passed: number; failed: number; skipped: number };

const root = process.cwd();
const write = (line: string): void => {
  process.stdout.write(`${line}\n`);
};
const place = (event: TestEvent): string =>
  event.file === undefined ? event.name : `${event.file.replace(`${root}/`, '')} › ${event.name}`;

const reportFailure = (event: TestEvent): void => {
  const error = event.details.error;
  if (error?.failureType === 'subtestsFailed') return;
  const cause = error?.cause instanceof Error ? error.cause : error;
  write(styleText('red', `✖ ${place(event)} (${Math.round(event.details.duration_ms)} ms)`));
  const lines = (cause?.stack ?? inspect(error?.cause)).split('\n');
  const own = lines.filter((line) => !/^\s+at .*node:internal/.test(line));
  write(own.map((line) => `    ${line}`).join('\n'));
};

const reportSkip = (event: TestEvent): void => {
  const reason = typeof event.skip === 'string' ? event.skip : 'no reason given';
  write(styleText('yellow', `↷ skipped: ${place(event)} — ${reason}`));
};

/** Runs one kind of tests and returns the counts; a file that cannot be loaded counts as failed. */
const runKind = async (
  kind: TestKind,
  files: readonly string[],
  watchdog: Watchdog,
): Promise<Result> => {
  const isIsolated = kind !== 'unit';
  const concurrency = kind === 'e2e' ? 2 : 1;
  const result: Result = { passed: 0, failed: 0, skipped: 0 };
  const stream = run({
    files: files.map((file) => `${root}/${file}`),
    isolation: isIsolated ? 'process' : 'none',
    ...(isIsolated ? { concurrency } : {}),
  });
  stream.on('test:dequeue', (event: TestEvent) => watchdog.begin(place(event)));
  stream.on('test:pass', (event: TestEvent) => {
    if (event.details.type === 'suite') return;
    if (event.skip !== undefined && event.skip !== false) {
      result.skipped++;
      reportSkip(event);
    } else result.passed++;
  });
  stream.on('test:fail', (event: TestEvent) => {
    if (event.details.type !== 'suite') result.failed++;
    reportFailure(event);
  });
  stream.on('test:stdout', ({ message }: { message: string }) => process.stdout.write(message));
  stream.on('test:stderr', ({ message }: { message: string }) => process.stderr.write(message));
  await new Promise((resolve) => stream.on('end', resolve).resume());
  return result;
};

const main = async (args: readonly string[], watchdog: Watchdog): Promise<number> => {
  const kinds = testKinds.filter((kind) => args.includes(kind));
  const filters = args.filter(
    (argument) =>
      !argument.startsWith('--') && !(testKinds as readonly string[]).includes(argument),
  );
  if (args.includes('--short')) process.env['SALLYPORT_TEST_SHORT'] = '1';
  let failed = 0;
  for (const kind of kinds.length === 0 ? (['unit', 'e2e'] as const) : kinds) {
    const startMs = performance.now();
    const files = testFiles(root, kind, filters);
    const result =
      files.length === 0
        ? { passed: 0, failed: 0, skipped: 0 }
        : await runKind(kind, files, watchdog);
    const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
    write(
      `${kind}: ${result.passed} passed, ${result.failed} failed, ${result.skipped} skipped` +
        ` in ${files.length} files, ${seconds} s`,
    );
    writeTally({ name: `${kind} tests`, ...result });
    failed += result.failed;
  }
  return failed === 0 ? 0 : 1;
};

const watchdog = startWatchdog(60_000);
const code = await main(process.argv.slice(2), watchdog);
await watchdog.stop();
// A leaked handle in a test must not hang the run, so the exit is explicit.
process.exit(code);
