/** Acts about identities while everything runs: a new signer, and one who is thrown out. */
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Act, inferPath, requestFor } from './act.ts';
import type { Stage } from './stage.ts';

const patienceMs = 10_000;
const pollMs = 20;

type Authority = { readonly id: string; readonly kind: string; readonly state: string };

const oneDigit = ({ heldOut }: Stage): unknown => requestFor(heldOut.slice(0, 1));

const authorities = async (stage: Stage): Promise<readonly Authority[]> => {
  const text = await stage.tool('identity', 'authority', 'list', '--json');
  return (JSON.parse(text) as { readonly authorities: readonly Authority[] }).authorities;
};

/** Waits until something is so; returns how long it took. */
const until = async (what: string, isSo: () => boolean | Promise<boolean>): Promise<number> => {
  const startMs = performance.now();
  while (!(await isSo())) {
    assert.ok(performance.now() - startMs < patienceMs, `${what} did not happen`);
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
  return performance.now() - startMs;
};

/** The certificate of a workload as it lies in its directory now. */
const leafOf = (stage: Stage, name: string): X509Certificate =>
  new X509Certificate(readFileSync(join(stage.workload(name).directory, 'svid.pem')));

const rotation: Act = {
  name: 'a new intermediate signs',
  told: 'all replaced, old one revoked, no failure',
  play: async (stage) => {
    const before = await authorities(stage);
    const old = before.find(({ kind, state }) => kind === 'intermediate' && state === 'active');
    assert.ok(old, 'no intermediate is active');
    const next = (await stage.tool('identity', 'authority', 'prepare', 'intermediate')).trim();
    const serials = ['scorer', 'model-server'].map((name) => leafOf(stage, name).serialNumber);
    await stage.tool('identity', 'authority', 'activate', next, '--force');
    await stage.tool('identity', 'authority', 'taint', old.id);
    let asked = 0;
    const took = await until('the replacement', async () => {
      const workload = stage.workload('scorer');
      const outcome = await stage.ask({ path: inferPath, workload, body: oneDigit(stage) });
      assert.equal(outcome.status, 200, `status ${outcome.status} ${outcome.code}`);
      asked += 1;
      const now = ['scorer', 'model-server'].map((name) => leafOf(stage, name).serialNumber);
      return now.every((serial, i) => serial !== serials[i]);
    });
    await stage.tool('identity', 'authority', 'revoke', old.id);
    const workload = stage.workload('scorer');
    const after = await stage.ask({ path: inferPath, workload, body: oneDigit(stage) });
    assert.equal(after.status, 200, `without the old one: ${after.status} ${after.code}`);
    return `replaced everywhere after ${Math.round(took)} ms, ${asked} requests in between answered`;
  },
};

const revocation: Act = {
  name: 'a workload is thrown out',
  told: '200 before, refused within a second after',
  play: async (stage) => {
    const workload = stage.workload('leaver');
    const ask = () => stage.ask({ path: inferPath, workload, body: oneDigit(stage) });
    const before = await ask();
    assert.equal(before.status, 200, `status ${before.status} ${before.code}`);
    await stage.tool('identity', 'revoke', '--entry', stage.entryOf('leaver'));
    const startMs = performance.now();
    const refused = await until('the refusal', async () => (await ask()).status === 401);
    assert.ok(refused < 1_000, `it took ${Math.round(refused)} ms`);
    const after = await ask();
    const fetch = (name: string) =>
      stage.tryTool('svid', 'fetch', '--socket', stage.socketOf(name), '--wait', '1s');
    const [thrownOut, other] = await Promise.all([fetch('leaver'), fetch('scorer')]);
    assert.notEqual(thrownOut.code, 0, 'the agent still hands out the identity');
    assert.equal(other.code, 0, `nobody else may lose anything: ${other.stderr}`);
    const total = Math.round(performance.now() - startMs);
    return `401 ${after.code}; after ${total} ms the agent has nothing for it either`;
  },
};

/** The acts, in order. */
export const identityActs: readonly Act[] = [rotation, revocation];
