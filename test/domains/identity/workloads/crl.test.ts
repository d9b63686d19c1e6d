/** Revocation lists as others read them: our own check, and openssl. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import {
  checkRevocation,
  encodePem,
  parseCertificate,
  parseCrl,
} from '../../../../src/engines/pki/index.ts';
import { systemClock } from '../../../../src/kernel/effects.ts';
import { orThrow } from '../../../../src/kernel/errors.ts';
import { actor, type Harness, openHarness } from '../harness.ts';
import { addEntry, attestNode, fetchSvid } from './nodes.ts';

const pathOf = (harness: Harness, chain: readonly Uint8Array[]) => {
  const root = harness.identity.bundle().keys.find(({ use }) => use === 'x509-svid')?.x5c?.[0];
  const all = [...chain, Buffer.from(root ?? '', 'base64')];
  return all.map((der) => orThrow(parseCertificate(der)));
};

const equip = async (harness: Harness) => {
  const { agent } = await attestNode(harness, 'gpu-1');
  const one = await addEntry(harness, '/one');
  const two = await addEntry(harness, '/two');
  const first = orThrow(await fetchSvid(harness, agent, { entryId: one.id }));
  const second = orThrow(await fetchSvid(harness, agent, { entryId: two.id }));
  return { agent, one, first, second };
};

describe('revocation lists', () => {
  it('say of every certificate of the chain whether it is revoked, and grow in number', async () => {
    await using harness = await openHarness();
    const { one, first, second } = await equip(harness);
    const nowMs = harness.clock.nowMs();
    const check = (chain: readonly Uint8Array[]) => {
      const crls = harness.identity.revocations.crls().map((der) => orThrow(parseCrl(der)));
      const path = pathOf(harness, chain);
      return checkRevocation(path, crls, { nowMs, requireFresh: 'path' })?.error.code;
    };
    const numbers = () =>
      harness.identity.revocations.crls().map((der) => orThrow(parseCrl(der)).number ?? 0n);
    assert.equal(check(first.chain), undefined);
    const before = numbers();
    const target = { entryId: one.id };
    orThrow(await harness.identity.revocations.revoke(actor, target, 'keyCompromise'));
    assert.equal(check(first.chain), 'E_SVID_REVOKED');
    assert.equal(check(second.chain), undefined);
    for (const [at, number] of numbers().entries()) assert.ok(number > (before[at] ?? 0n));
  });

  it('list a revoked intermediate by the root', async () => {
    await using harness = await openHarness();
    const { first } = await equip(harness);
    const { authorities } = harness.identity;
    const old = authorities.list().find(({ kind }) => kind === 'intermediate')?.id ?? '';
    orThrow(await authorities.revoke(actor, old, true));
    const crls = harness.identity.revocations.crls().map((der) => orThrow(parseCrl(der)));
    const [, intermediate] = pathOf(harness, first.chain);
    const serial = intermediate?.serialNumber ?? '';
    assert.equal(
      crls.some((crl) => crl.find(serial)?.reason === 'caCompromise'),
      true,
    );
  });

  it('are renewed before they end, and an agent hears of it', async () => {
    await using harness = await openHarness();
    const endOf = () =>
      orThrow(parseCrl(harness.identity.revocations.crls()[0] ?? new Uint8Array(0))).nextUpdateMs ??
      0;
    const before = endOf();
    harness.clock.advance(20 * 60_000);
    await harness.identity.refresh();
    assert.ok(endOf() > before);
    assert.ok(before - harness.clock.nowMs() > 3_600_000);
  });
});

describe('revocation lists, to others', () => {
  it('are understood by openssl, for leaf and intermediate', async (context) => {
    const openssl = (args: readonly string[]) => spawnSync('openssl', args, { encoding: 'utf8' });
    if (openssl(['version']).status !== 0) {
      context.skip('openssl is not installed');
      return;
    }
    const clock = { ...systemClock, advance: () => {} };
    await using harness = await openHarness({ clock });
    const { one, first, second } = await equip(harness);
    orThrow(await harness.identity.revocations.revoke(actor, { entryId: one.id }));
    const directory = mkdtempSync(join(tmpdir(), 'sallyport-crl-'));
    const write = (
      name: string,
      label: 'CERTIFICATE' | 'X509 CRL',
      ders: readonly Uint8Array[],
    ) => {
      const file = join(directory, name);
      writeFileSync(file, ders.map((der) => encodePem(label, der)).join(''));
      return file;
    };
    const [, , root] = pathOf(harness, first.chain);
    const ca = write('ca.pem', 'CERTIFICATE', [root?.raw ?? new Uint8Array(0)]);
    const crl = write('crl.pem', 'X509 CRL', harness.identity.revocations.crls());
    const verify = (name: string, [leaf, middle]: readonly Uint8Array[]) => {
      const leafFile = write(`${name}.pem`, 'CERTIFICATE', leaf === undefined ? [] : [leaf]);
      const middles = write(`${name}-ca.pem`, 'CERTIFICATE', middle === undefined ? [] : [middle]);
      const how = ['-crl_check_all', '-CAfile', ca, '-CRLfile', crl, '-untrusted', middles];
      const { stdout, stderr } = openssl(['verify', ...how, leafFile]);
      return stdout + stderr;
    };
    assert.match(verify('first', first.chain), /certificate revoked/);
    assert.match(verify('second', second.chain), /: OK/);
    rmSync(directory, { recursive: true, force: true });
  });
});
