/** Whatever stands in /proc, on the wire or in an option: a value or a refusal, never an exception. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readClientHello } from '../../../src/doors/agent/proxy/client-hello.ts';
import { parseAddress } from '../../../src/doors/agent/proxy/addresses.ts';
import { allowPeers, parseProxySpec } from '../../../src/doors/agent/index.ts';
import { readSvidMessage } from '../../../src/doors/agent/client/svid-state.ts';
import { createLineSplitter } from '../../../src/doors/agent/server/ndjson.ts';
import {
  readAttestation,
  reading,
  readNews,
  readSvids,
} from '../../../src/doors/agent/server/reading.ts';
import { createEntryIndex } from '../../../src/doors/agent/sync/entry-index.ts';
import { parseCgroup } from '../../../src/doors/agent/workloads/cgroup.ts';
import { parseStartTime, parseStatus } from '../../../src/doors/agent/workloads/proc.ts';
import type { AgentEntry } from '../../../src/doors/agent/types.ts';
import { isRefusal } from '../../../src/kernel/errors.ts';
import type { SpiffeId } from '../../../src/kernel/ids.ts';
import type { JsonObject } from '../../../src/kernel/json-value.ts';

const procText = fc
  .array(fc.oneof(fc.string(), fc.constantFrom('Uid:', '\n', '\t', '0::/', 'kubepods', ')', '1')))
  .map((parts) => parts.join(''));

test('texts of /proc', () => {
  fc.assert(
    fc.property(procText, (text) => {
      parseStatus(text);
      parseStartTime(text);
      const { containerId, podUid } = parseCgroup(text);
      assert.ok(containerId === undefined || /^[0-9a-f]{64}$/.test(containerId));
      assert.ok(podUid === undefined || /^[0-9a-f-]{36}$/.test(podUid));
    }),
  );
});

test('first bytes of connections', () => {
  const start = Buffer.from([22, 3, 1, 0, 60, 1, 0, 0, 56, 3, 3]);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), fc.boolean(), (bytes, isHello) => {
      const hello = readClientHello(isHello ? Buffer.concat([start, bytes]) : bytes);
      assert.ok(hello === 'incomplete' || hello === 'other' || Array.isArray(hello.keyShares));
    }),
  );
});

const words = fc.constantFrom(
  'type',
  'state',
  'change',
  'alive',
  'revision',
  'entries',
  'removed',
  'ttlMs',
  'bundles',
  'crls',
  'id',
  'spiffeId',
  'spiffe://a/b',
  'selectors',
  'svids',
  'error',
  'code',
  'chain',
  'agentId',
);
const answers = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    words,
    fc.integer(),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(words, tie('value'), { maxKeys: 6 }),
  ),
}));

test('answers of a server', () => {
  fc.assert(
    fc.property(fc.dictionary(words, answers.value), (value) => {
      const object = value as JsonObject;
      for (const read of [
        () => readNews(object),
        () => readAttestation(object),
        () => readSvids(object, ['a']),
      ])
        reading<unknown>(read);
    }),
  );
});

test('messages of a Workload API', () => {
  const bytes = fc.uint8Array({ maxLength: 64 });
  const svid = fc.record({
    spiffeId: fc.oneof(fc.string(), fc.constant('spiffe://a/b')),
    x509Svid: bytes,
    x509SvidKey: bytes,
    bundle: bytes,
    hint: fc.string(),
  });
  const message = fc.record({
    svids: fc.array(svid, { maxLength: 2 }),
    crl: fc.array(bytes, { maxLength: 2 }),
    federatedBundles: fc.dictionary(fc.string(), bytes, { maxKeys: 2 }),
  });
  fc.assert(
    fc.property(message, (one) => {
      const state = readSvidMessage(one);
      assert.ok(isRefusal(state) || one.svids.length === 0);
    }),
  );
});

test('options of proxies', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      parseAddress(text);
      parseProxySpec(text);
      parseProxySpec(`workload=a,direction=in,listen=${text},target=b:1,peer=x`);
    }),
  );
});

test('lines come out whole however they are cut', () => {
  const line = fc.string({ minLength: 1 }).filter((text) => !text.includes('\n'));
  fc.assert(
    fc.property(fc.array(line), fc.array(fc.nat({ max: 20 })), (lines, cuts) => {
      const whole = Buffer.from(lines.map((text) => `${text}\n`).join(''));
      const splitter = createLineSplitter(1 << 20);
      const found: string[] = [];
      let at = 0;
      for (const cut of [...cuts, whole.length]) {
        const chunk = whole.subarray(at, at + cut);
        for (const one of splitter.push(chunk)) found.push(Buffer.from(one).toString());
        at += chunk.length;
      }
      assert.deepEqual(
        found,
        lines.map((text) => Buffer.from(text).toString()),
      );
    }),
  );
  assert.throws(() => createLineSplitter(4).push(Buffer.from('12345')), RangeError);
});

test('the index finds exactly the entries whose selectors a workload has', () => {
  const selector = fc.constantFrom('a', 'b', 'c', 'd', 'e');
  const entry = fc.record({
    id: fc.nat({ max: 8 }).map(String),
    selectors: fc.uniqueArray(selector, { minLength: 1, maxLength: 3 }),
  });
  const steps = fc.array(fc.oneof(entry, fc.nat({ max: 8 }).map(String)), { maxLength: 30 });
  fc.assert(
    fc.property(steps, fc.uniqueArray(selector), (changes, shown) => {
      const index = createEntryIndex();
      const expected = new Map<string, readonly string[]>();
      for (const change of changes)
        if (typeof change === 'string') {
          index.remove(change);
          expected.delete(change);
        } else {
          index.put({
            ...change,
            spiffeId: 'spiffe://a/b' as SpiffeId,
          } as Partial<AgentEntry> as AgentEntry);
          expected.set(change.id, change.selectors);
        }
      const has = new Set<string>(shown);
      const wanted = [...expected].filter(([, all]) => all.every((one) => has.has(one)));
      assert.deepEqual(
        index.matching(has).map(({ id }) => id),
        wanted.map(([id]) => id).sort(),
      );
    }),
  );
});

test('a pattern admits its own id and ids below, and nothing beside', () => {
  const ask = (peer: string) =>
    allowPeers(['spiffe://a/x', 'spiffe://a/y/*'])({
      peer: peer as SpiffeId,
      own: 'spiffe://a/o' as SpiffeId,
      direction: 'in',
    });
  for (const peer of ['spiffe://a/x', 'spiffe://a/y/1', 'spiffe://a/y/1/2'])
    assert.equal(ask(peer), undefined, peer);
  for (const peer of [
    'spiffe://a/x/1',
    'spiffe://a/y',
    'spiffe://a/y/',
    'spiffe://a/yy/1',
    'spiffe://b/x',
  ])
    assert.ok(isRefusal(ask(peer)), peer);
});
