/** The log: shape of lines, redaction, bounds. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SallyportError, kernelErrors } from '../../../src/kernel/errors.ts';
import { Secret } from '../../../src/kernel/secret.ts';
import { createLog, createMemoryLog, redactText } from '../../../src/platform/log/index.ts';

const capture = (level: 'debug' | 'info' | 'silent' = 'info') => {
  const lines: string[] = [];
  const log = createLog({ level, destination: { write: (line) => void lines.push(line) } });
  return { log, lines, last: () => JSON.parse(lines.at(-1) ?? '{}') as Record<string, unknown> };
};

test('writes one JSON object per line with level, time, fields and message', () => {
  const { log, last } = capture();
  log.child({ tenant: 'default' }).info({ principal: 'alice' }, 'hello\nworld');
  const { time, ...rest } = last();
  assert.deepEqual(rest, {
    level: 'info',
    tenant: 'default',
    principal: 'alice',
    message: 'hello\nworld',
  });
  assert.ok(!Number.isNaN(Date.parse(String(time))));
});

test('keeps to its level', () => {
  const info = capture('info');
  info.log.debug({}, 'no');
  const silent = capture('silent');
  silent.log.error({}, 'no');
  assert.equal(info.lines.length + silent.lines.length, 0);
});

test('never shows secrets or payloads, wherever they hide', () => {
  const { log, lines } = capture();
  const cause = new Error('tried Bearer spt_SENTINEL-abc');
  log.child({ Authorization: 'SENTINEL' }).error(
    {
      password: 'SENTINEL',
      'X-API-Key': 'SENTINEL',
      api_key: 'SENTINEL',
      nested: { Set_Cookie: 'SENTINEL', deep: { passphrase: 'SENTINEL' } },
      messages: [{ content: 'SENTINEL' }],
      body: 'SENTINEL',
      value: new Secret('SENTINEL'),
      key: new TextEncoder().encode('SENTINEL'),
      url: 'postgres://user:SENTINEL@db/x',
      error: new SallyportError(kernelErrors.E_UNEXPECTED, 'jwt eyJSENTINEL.b.c', { cause }),
    },
    'token spt_SENTINEL refused',
  );
  assert.equal(lines.length, 1);
  assert.doesNotMatch(lines[0] ?? '', /SENTINEL/);
});

test('bounds text, depth and width, and survives hostile values', () => {
  const { log, lines } = capture();
  const cyclic: Record<string, unknown> = {};
  cyclic['self'] = cyclic;
  const wide = Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`k${i}`, i]));
  const hostile = Object.defineProperty({}, 'x', {
    enumerable: true,
    get: () => {
      throw new Error('no');
    },
  });
  log.info({ cyclic, wide, hostile, big: 2n ** 70n, text: 'x'.repeat(1e6), f: () => 1 }, 'ok');
  assert.equal(lines.length, 1);
  assert.ok((lines[0] ?? '').length < 10_000);
  JSON.parse(lines[0] ?? '');
});

test('keeps code and causes of an error', () => {
  const log = createMemoryLog();
  const cause = new Error('inner');
  log.warn({ error: new SallyportError(kernelErrors.E_USAGE, 'outer', { cause }) }, 'failed');
  const error = log.entries[0]?.fields['error'] as Record<string, unknown>;
  assert.equal(error['code'], 'E_USAGE');
  assert.equal((error['cause'] as Record<string, unknown>)['message'], 'inner');
});

test('leaves ordinary text alone', () => {
  for (const text of ['plain words', 'http://host/path?a=1', 'a@b.example', 'eyJ alone'])
    assert.equal(redactText(text), text);
});
