/** Names in the certificates of our own listeners. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serverNamesFor } from '../../../src/domains/identity/index.ts';

const cases = [
  ['127.0.0.1', ['localhost', 'box'], ['127.0.0.1', '::1']],
  ['0.0.0.0', ['localhost', 'box'], ['127.0.0.1', '::1']],
  ['::', ['localhost', 'box'], ['127.0.0.1', '::1']],
  ['10.1.2.3', ['localhost', 'box'], ['127.0.0.1', '::1', '10.1.2.3']],
  ['gate.example', ['localhost', 'box', 'gate.example'], ['127.0.0.1', '::1']],
  ['localhost', ['localhost', 'box'], ['127.0.0.1', '::1']],
] as const;

for (const [host, dnsNames, ipAddresses] of cases)
  test(`names a listener on ${host}`, () => {
    assert.deepEqual(serverNamesFor(host, 'Box'), { dnsNames, ipAddresses });
  });
