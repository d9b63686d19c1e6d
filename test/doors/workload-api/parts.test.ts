/** Small parts of the Workload API door: hints, bells, pace of renewal, statuses, SDS versions. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Code } from '@connectrpc/connect';
import { createFakeWorkloadSource } from '../../../src/doors/workload-api/fake.ts';
import { createBell, latestStates } from '../../../src/doors/workload-api/latest.ts';
import { allBundles, withUsableHints } from '../../../src/doors/workload-api/messages.ts';
import { secretOf, setVersion } from '../../../src/doors/workload-api/sds/secrets.ts';
import { toStatus } from '../../../src/doors/workload-api/status.ts';
import {
  renewalDelayMs,
  witSvidStream,
} from '../../../src/doors/workload-api/workload/wit-svids.ts';
import { systemClock } from '../../../src/kernel/effects.ts';
import { defineErrors, isRefusal, refuse } from '../../../src/kernel/errors.ts';

const peer = { uid: 1, gid: 1, pid: 1, socket: 'test' };
const pace = () => ({ signal: new AbortController().signal, spreadMs: 0, graceMs: 0 });

const openSession = async () => {
  const source = createFakeWorkloadSource();
  const session = await source.open(peer);
  assert.ok(!isRefusal(session));
  return { source, session };
};

describe('hints', () => {
  const hintsOf = (...hints: readonly string[]) =>
    withUsableHints(hints.map((hint) => ({ hint }))).map(({ hint }) => hint);

  it('stay when they are unique', () => {
    assert.deepEqual(hintsOf('', 'a', '', 'b'), ['', 'a', '', 'b']);
  });
  it('are left out when they repeat: clients take the first (WL-08)', () => {
    assert.deepEqual(hintsOf('a', 'b', 'a'), ['a', 'b', '']);
  });
  it('are left out above 1,024 bytes, however many characters that are', () => {
    assert.deepEqual(hintsOf('ä'.repeat(512), 'ä'.repeat(513)), ['ä'.repeat(512), '']);
  });
});

describe('a bell', () => {
  it('keeps one ring for a listener that comes late', async () => {
    const bell = createBell();
    bell.ring();
    bell.ring();
    await bell.heard();
    let isHeard = false;
    const second = bell.heard().then(() => {
      isHeard = true;
    });
    await Promise.resolve();
    assert.equal(isHeard, false);
    bell.ring();
    await second;
  });
});

describe('streams of states', () => {
  it('wait for the first identity within the grace', async () => {
    const { source, session } = await openSession();
    const { identities } = source.state();
    source.update((state) => ({ ...state, identities: [] }));
    const stream = latestStates(session, { ...pace(), graceMs: 5_000 });
    const first = stream.next();
    source.update((state) => ({ ...state, identities }));
    const result = await first;
    assert.ok(result.done !== true);
    assert.equal(result.value.identities.length, 2);
    await stream.return(undefined);
  });

  it('are denied at once without grace', async () => {
    const { source, session } = await openSession();
    source.update((state) => ({ ...state, identities: [] }));
    await assert.rejects(latestStates(session, pace()).next(), { code: Code.PermissionDenied });
  });
});

describe('the stream of WIT-SVIDs', () => {
  it('renews between 40 and 60 percent of what is left, at least a second later', () => {
    assert.equal(renewalDelayMs(100_000, 0), 40_000);
    assert.equal(Math.round(renewalDelayMs(100_000, 1)), 60_000);
    assert.equal(renewalDelayMs(-5, 0.5), 1_000);
    assert.equal(renewalDelayMs(1e12, 0.5), 3_600_000);
  });

  it('issues anew when identities change, not when certificates do', async () => {
    const { source, session } = await openSession();
    const stream = witSvidStream({ session, wanted: undefined, pace: pace(), clock: systemClock });
    assert.equal((await stream.next()).value?.svids.length, 2);
    const next = stream.next();
    source.rotate();
    await new Promise((resolve) => setImmediate(resolve));
    source.update((state) => ({ ...state, identities: state.identities.slice(0, 1) }));
    assert.equal((await next).value?.svids.length, 1);
    await stream.return(undefined);
  });
});

describe('statuses', () => {
  const specOf = (status: number) => ({ status, exit: 'denied', title: 't', hint: 'h' }) as const;
  const cases: readonly (readonly [number, Code])[] = [
    [400, Code.InvalidArgument],
    [401, Code.Unauthenticated],
    [403, Code.PermissionDenied],
    [404, Code.NotFound],
    [429, Code.ResourceExhausted],
    [501, Code.Unimplemented],
    [503, Code.Unavailable],
    [418, Code.Internal],
    [500, Code.Internal],
  ];
  for (const [status, code] of cases)
    it(`turn ${status} into ${Code[code]}`, () => {
      const { E_X } = defineErrors({ E_X: specOf(status) });
      const error = toStatus(refuse(E_X, 'detail'));
      assert.equal(error.code, code);
      assert.equal(error.rawMessage === 'detail', code !== Code.Internal);
    });
});

describe('secrets for Envoy', () => {
  it('have versions that follow the certificate and not the key', async () => {
    const { source } = await openSession();
    const before = source.state();
    source.rotate();
    const [first, same] = [secretOf(before, 'default'), secretOf(before, 'default')];
    const after = secretOf(source.state(), 'default');
    assert.ok(first && same && after);
    assert.equal(first.version, same.version);
    assert.notEqual(first.version, after.version);
    assert.notEqual(setVersion([first]), setVersion([first, after]));
    assert.equal(secretOf(before, 'nobody'), undefined);
    assert.equal(allBundles(before).length, 2);
  });
});
