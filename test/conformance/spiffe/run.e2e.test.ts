/** The suite as a program: it passes our server and finds out servers that only pretend. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type ServerHttp2Stream } from 'node:http2';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, it } from 'node:test';
import { startHarness } from '../../doors/workload-api/harness.ts';
import { frame } from './client/grpc.ts';
import { rules } from './rules.ts';
import type { RuleReport } from './suite.ts';

const directory = mkdtempSync(join(tmpdir(), 'run-'));
after(() => rmSync(directory, { recursive: true }));

const runSuite = async (path: string) => {
  const program = new URL('./run.ts', import.meta.url).pathname;
  const args = [program, '--socket', `unix:${path}`, '--json'];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  await once(child, 'close');
  const report = JSON.parse(Buffer.concat(chunks).toString()) as readonly RuleReport[];
  const idsOf = (result: RuleReport['result']) =>
    report.filter((rule) => rule.result === result).map(({ id }) => id);
  return { code: child.exitCode, report, idsOf };
};

/** Speaks gRPC and answers every call with OK and one message. */
const startPretender = async (path: string, answer: Uint8Array) => {
  const server = createServer();
  server.on('stream', (stream: ServerHttp2Stream) => {
    stream.on('error', () => undefined);
    stream.respond(
      { ':status': 200, 'content-type': 'application/grpc' },
      { waitForTrailers: true },
    );
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
    stream.end(frame(answer));
  });
  server.listen(path);
  await once(server, 'listening');
  return () => new Promise((resolve) => server.close(resolve));
};

it('passes our own server and lists every rule', async () => {
  const harness = await startHarness();
  const { code, report, idsOf } = await runSuite(harness.path);
  await harness.close();
  assert.deepEqual(idsOf('failed'), []);
  assert.equal(code, 0);
  assert.equal(report.length, rules.length);
  assert.ok(idsOf('passed').length >= 60);
});

it('fails a server that answers everything with an empty message', async () => {
  const path = join(directory, 'empty.sock');
  const close = await startPretender(path, new Uint8Array());
  const { code, idsOf } = await runSuite(path);
  await close();
  assert.equal(code, 1);
  for (const rule of ['EP-03', 'X509-01', 'JWT-01', 'WL-07', 'WL-10', 'WL-13', 'WL-15', 'WL-20'])
    assert.ok(idsOf('failed').includes(rule), rule);
  // What is left says nothing about content: it is reached, and it answers at once.
  assert.deepEqual(idsOf('passed'), ['EP-01', 'EP-04', 'EP-10', 'EP-11', 'WL-04']);
});

it('fails a server that is not there', async () => {
  const { code, idsOf } = await runSuite(join(directory, 'nobody.sock'));
  assert.equal(code, 1);
  assert.deepEqual(idsOf('passed'), []);
});
