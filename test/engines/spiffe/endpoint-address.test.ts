/** Endpoint addresses by the rules EP-07 to EP-09. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  formatEndpointAddress,
  isRefusal,
  orThrow,
  parseEndpointAddress,
} from '../../../src/engines/spiffe/index.ts';

const good: readonly (readonly [string, string, string])[] = [
  ['EP-08', 'unix:/run/a.sock', 'unix:///run/a.sock'],
  ['EP-08', 'unix:///run/a.sock', 'unix:///run/a.sock'],
  ['EP-08', 'unix:/r', 'unix:///r'],
  ['EP-09', 'tcp://127.0.0.1:8000', 'tcp://127.0.0.1:8000'],
  ['EP-09', 'tcp://[::1]:1', 'tcp://[::1]:1'],
  ['EP-09', 'tcp://[fe80::1]:65535', 'tcp://[fe80::1]:65535'],
];

const bad: readonly (readonly [string, string])[] = [
  ['EP-07', ''],
  ['EP-07', '/run/a.sock'],
  ['EP-07', 'http://127.0.0.1:80'],
  ['EP-07', 'UNIX:/run/a'],
  ['EP-07', ' unix:/run/a'],
  ['EP-07', 'npipe:pipe'],
  ['EP-07', `unix:/${'a'.repeat(5000)}`],
  ['EP-08', 'unix:'],
  ['EP-08', 'unix:/'],
  ['EP-08', 'unix://'],
  ['EP-08', 'unix:///'],
  ['EP-08', 'unix:run/a.sock'],
  ['EP-08', 'unix://host/run/a.sock'],
  ['EP-08', 'unix:////run/a.sock'],
  ['EP-08', 'unix:/run/a?b'],
  ['EP-08', 'unix:/run/a#b'],
  ['EP-08', 'unix:/run/%61'],
  ['EP-08', 'unix:/run/a\0b'],
  ['EP-08', 'unix:/run/a b'],
  ['EP-08', 'unix:/run/a\n'],
  ['EP-09', 'tcp:'],
  ['EP-09', 'tcp://'],
  ['EP-09', 'tcp:127.0.0.1:80'],
  ['EP-09', 'tcp://127.0.0.1'],
  ['EP-09', 'tcp://127.0.0.1:'],
  ['EP-09', 'tcp://127.0.0.1:0'],
  ['EP-09', 'tcp://127.0.0.1:65536'],
  ['EP-09', 'tcp://127.0.0.1:080'],
  ['EP-09', 'tcp://127.0.0.1:+80'],
  ['EP-09', 'tcp://localhost:80'],
  ['EP-09', 'tcp://127.1:80'],
  ['EP-09', 'tcp://127.0.0.1:80/'],
  ['EP-09', 'tcp://127.0.0.1:80/x'],
  ['EP-09', 'tcp://127.0.0.1:80?x'],
  ['EP-09', 'tcp://127.0.0.1:80#x'],
  ['EP-09', 'tcp://user@127.0.0.1:80'],
  ['EP-09', 'tcp://::1:80'],
  ['EP-09', 'tcp://[127.0.0.1]:80'],
  ['EP-09', 'tcp://[]:80'],
  ['EP-09', 'tcp://[::ffff:127.0.0]:80'],
  ['EP-09', 'tcp://[1:2:3:4:5:6:7:127.0.0.1]:80'],
  ['EP-09', 'tcp://[1:2:3:4:5:6:7:8:9]:80'],
  ['EP-09', 'tcp://[fe80::1%25eth0]:80'],
  ['EP-09', 'tcp://[fe80::1%eth0]:80'],
];

describe('endpoint addresses', () => {
  for (const [rule, text, canonical] of good)
    it(`${rule}: takes ${text}`, () => {
      const address = orThrow(parseEndpointAddress(text));
      assert.equal(formatEndpointAddress(address), canonical);
      assert.deepEqual(parseEndpointAddress(canonical), address);
    });

  for (const [rule, text] of bad)
    it(`${rule}: refuses ${JSON.stringify(text.slice(0, 40))}`, () => {
      const verdict = parseEndpointAddress(text);
      assert.equal(isRefusal(verdict) && verdict.data['rule'], rule);
    });

  it('take an IP address and nothing that only looks like one', () => {
    const address = orThrow(parseEndpointAddress('tcp://[::ffff:127.0.0.1]:80'));
    assert.deepEqual(address, { kind: 'tcp', host: '::ffff:127.0.0.1', port: 80 });
  });
});
