/** Closed-loop load by wrk, the C load generator of Debian, over plain HTTP. */
import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

export type WrkRequest = {
  readonly url: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly connections?: number;
  readonly seconds: number;
};
export type WrkResult = {
  readonly requestsPerSecond: number;
  readonly requests: number;
  /** Answers that were not 2xx or 3xx. */
  readonly refused: number;
  readonly socketErrors: number;
};

/** True when wrk is installed. */
export const hasWrk = (): boolean => spawnSync('wrk', ['-v']).error === undefined;

const script = ({ method = 'GET', headers = {}, body = '' }: WrkRequest): string => {
  const lines = Object.entries(headers).map(
    ([name, value]) => `wrk.headers[${JSON.stringify(name)}] = ${JSON.stringify(value)}`,
  );
  return [
    `wrk.method = ${JSON.stringify(method)}`,
    ...(body === '' ? [] : [`wrk.body = [==[${body}]==]`]),
    ...lines,
    'done = function(summary)',
    '  local e = summary.errors',
    '  io.write(string.format("\\nRESULT %d %d %d %d\\n", summary.requests, summary.duration,',
    '    e.status, e.connect + e.read + e.write + e.timeout))',
    'end',
  ].join('\n');
};

/** Runs wrk with one thread and reads its result. Throws when wrk fails. */
export const runWrk = async (request: WrkRequest): Promise<WrkResult> => {
  const directory = mkdtempSync(join(tmpdir(), 'sallyport-wrk-'));
  try {
    const file = join(directory, 'request.lua');
    writeFileSync(file, script(request));
    const connections = String(request.connections ?? 64);
    const args = ['-t1', `-c${connections}`, `-d${request.seconds}s`, '-s', file, request.url];
    const { stdout } = await promisify(execFile)('wrk', args);
    const found = /^RESULT (\d+) (\d+) (\d+) (\d+)$/m.exec(stdout);
    if (found === null) throw new Error(`wrk said: ${stdout}`);
    const [requests = 0, micros = 0, refused = 0, socketErrors = 0] = found.slice(1).map(Number);
    return { requests, requestsPerSecond: (requests / micros) * 1e6, refused, socketErrors };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
};
