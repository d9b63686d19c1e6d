/**
 * Runs the tests: `node tools/test.ts [unit|e2e|crash]... [--short] [--shard=1/2] [path part]...`.
 * Prints failures and skips in full, passes only as a count. Default: unit and e2e.
 */
import { run } from 'node:test';
import { inspect, styleText } from 'node:util';
import { writeTally } from './tally.ts';
import { type TestKind, testFiles, testKinds } from './test-files.ts';
import { startWatchdog } from './watchdog.ts';

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

/** A test that takes longer has failed; in a shared process it ends the run. */
const timeoutsMs: Readonly<Record<TestKind, number>> = {
  unit: 30_000,
  e2e: 300_000,
  crash: 1_800_000,
};

const root = process.cwd();
const write = (line: string): void => {
  process.stdout.write(`${line}\n`);
};
const place = (event: TestEvent): string =>
  event.file === undefined ? event.name : `${event.file.replace(`${root}/`, '')} › ${event.name}`;

const reportFailure = (event: TestEvent): void => {
  const error = event.details.error;
  if (/^(?:subtestsFailed|cancelledByParent)$/.test(error?.failureType ?? '')) return;
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
const runKind = async (kind: TestKind, files: readonly string[]): Promise<Result> => {
  const isIsolated = kind !== 'unit';
  const concurrency = kind === 'e2e' ? 2 : 1;
  const result: Result = { passed: 0, failed: 0, skipped: 0 };
  const stream = run({
    files: files.map((file) => `${root}/${file}`),
    isolation: isIsolated ? 'process' : 'none',
    timeout: timeoutsMs[kind],
    ...(isIsolated ? { concurrency, forceExit: true } : {}),
  });
  const watchdog = startWatchdog({ blockedMs: 60_000, stalledMs: timeoutsMs[kind] * 2 });
  stream.on('test:dequeue', (event: TestEvent) => watchdog.begin(place(event)));
  stream.on('test:pass', (event: TestEvent) => {
    if (event.details.type === 'suite') return;
    if (event.skip !== undefined && event.skip !== false) {
      result.skipped++;
      reportSkip(event);
    } else result.passed++;
  });
  stream.on('test:fail', (event: TestEvent) => {
    // A suite fails with its tests, which count; by itself it fails only through a hook.
    const isEcho = event.details.error?.failureType === 'subtestsFailed';
    if (event.details.type !== 'suite' || !isEcho) result.failed++;
    reportFailure(event);
  });
  stream.on('test:stdout', ({ message }: { message: string }) => process.stdout.write(message));
  stream.on('test:stderr', ({ message }: { message: string }) => process.stderr.write(message));
  await new Promise((resolve) => stream.on('end', resolve).resume());
  await watchdog.stop();
  return result;
};

/** `--shard=1/2` is every second file beginning with the first. */
const parseShard = (argument: string | undefined): { readonly at: number; readonly of: number } => {
  const [, at = '1', of = '1'] = /^--shard=(\d+)\/(\d+)$/.exec(argument ?? '') ?? [];
  return { at: Number(at) - 1, of: Number(of) };
};

const main = async (args: readonly string[]): Promise<number> => {
  const kinds = testKinds.filter((kind) => args.includes(kind));
  const filters = args.filter(
    (argument) =>
      !argument.startsWith('--') && !(testKinds as readonly string[]).includes(argument),
  );
  if (args.includes('--short')) process.env['SALLYPORT_TEST_SHORT'] = '1';
  const shard = parseShard(args.find((argument) => argument.startsWith('--shard=')));
  let failed = 0;
  for (const kind of kinds.length === 0 ? (['unit', 'e2e'] as const) : kinds) {
    const startMs = performance.now();
    const files = testFiles(root, kind, filters).filter((_, i) => i % shard.of === shard.at);
    const result =
      files.length === 0 ? { passed: 0, failed: 0, skipped: 0 } : await runKind(kind, files);
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

// A leaked handle in a test must not hang the run, so the exit is explicit.
process.exit(await main(process.argv.slice(2)));
