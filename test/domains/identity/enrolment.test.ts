/** The first administrator: one code, left privately, redeemed once. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { IdentityDependencies } from '../../../src/domains/identity/index.ts';
import { isRefusal, orThrow } from '../../../src/kernel/errors.ts';
import { actor, type Harness, openHarness, tenant, trustDomain } from './harness.ts';

const codeOf = (answer: unknown): string => (isRefusal(answer) ? answer.error.code : 'accepted');

const openInDirectory = async (
  changes: Partial<IdentityDependencies> = {},
): Promise<Harness & { readonly file: string }> => {
  const dataDir = mkdtempSync(join(tmpdir(), 'sallyport-enrolment-'));
  const config = { trustDomain, tenant, dataDir, pollIntervalMs: 0 };
  const harness = await openHarness({ config, ...changes });
  return {
    ...harness,
    file: join(dataDir, 'enrolment-code'),
    [Symbol.asyncDispose]: async () => {
      await harness[Symbol.asyncDispose]();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
};
const read = (file: string): string => readFileSync(file, 'utf8').trim();

describe('the enrolment code', () => {
  it('is left in a private file and makes whoever redeems it the administrator', async () => {
    await using harness = await openInDirectory();
    const offer = await harness.identity.ensureEnrolmentCode();
    assert.deepEqual(offer, {
      kind: 'file',
      path: harness.file,
      expiresAtMs: harness.clock.nowMs() + 86_400_000,
    });
    assert.equal(statSync(harness.file).mode & 0o777, 0o600);
    const enrolment = orThrow(
      await harness.identity.redeemEnrolmentCode({ code: read(harness.file), name: 'Alice' }),
    );
    const admin = { type: 'User', id: enrolment.principal.id };
    assert.equal(harness.access.isIn(admin, { type: 'Role', id: 'admin' }), true);
    const token = enrolment.apiToken.token.reveal();
    const identity = orThrow(await harness.identity.authenticateBearer(token));
    assert.equal(identity.principal.id, admin.id);
    assert.equal(enrolment.identity.method, 'enrolment');
    assert.equal(existsSync(harness.file), false);
    assert.deepEqual(await harness.identity.ensureEnrolmentCode(), { kind: 'not-needed' });
  });

  it('appears in no log, no event and no table', async () => {
    await using harness = await openInDirectory();
    await harness.identity.ensureEnrolmentCode();
    const code = read(harness.file);
    const rows = await harness.storage
      .database<{ identity_enrolment: Record<string, unknown> }>()
      .selectFrom('identity_enrolment')
      .selectAll()
      .execute();
    orThrow(await harness.identity.redeemEnrolmentCode({ code, name: 'Alice' }));
    const secret = code.slice(21);
    for (const place of [rows, harness.log.entries, harness.ledger.events])
      assert.equal(JSON.stringify(place).includes(secret), false);
  });

  it('is shown on the terminal when there is one, and then in no file', async () => {
    const shown: string[] = [];
    await using harness = await openInDirectory({ terminal: (text) => shown.push(text) });
    const offer = await harness.identity.ensureEnrolmentCode();
    assert.equal(offer.kind, 'terminal');
    assert.equal(existsSync(harness.file), false);
    const [code = ''] = shown;
    assert.equal(
      codeOf(await harness.identity.redeemEnrolmentCode({ code, name: 'Alice' })),
      'accepted',
    );
  });

  it('works once, however many try it at the same time on two replicas', async () => {
    await using harness = await openInDirectory();
    await harness.identity.ensureEnrolmentCode();
    const replica = await harness.openReplica();
    const code = read(harness.file);
    const answers = await Promise.all(
      Array.from({ length: 16 }, (_, i) =>
        (i % 2 === 0 ? harness.identity : replica).redeemEnrolmentCode({
          code,
          name: `Alice ${i}`,
          peer: `192.0.2.${i}`,
        }),
      ),
    );
    assert.deepEqual(
      answers.map(codeOf).filter((answer) => answer !== 'E_ENROLMENT_CODE'),
      ['accepted'],
    );
    const { principals } = await harness.identity.listPrincipals();
    assert.equal(principals.length, 1);
    assert.equal(harness.access.entities.length, 1);
  });
});

describe('an enrolment code that was left', () => {
  it('is kept over a restart while it is good, and replaced when it is not', async () => {
    await using harness = await openInDirectory();
    await harness.identity.ensureEnrolmentCode();
    const first = read(harness.file);
    const restarted = await harness.openReplica();
    await restarted.ensureEnrolmentCode();
    assert.equal(read(harness.file), first);
    writeFileSync(harness.file, 'overwritten', { mode: 0o600 });
    await restarted.ensureEnrolmentCode();
    const second = read(harness.file);
    assert.notEqual(second, first);
    const redeem = (code: string) => restarted.redeemEnrolmentCode({ code, name: 'Alice' });
    assert.equal(codeOf(await redeem(first)), 'E_ENROLMENT_CODE');
    harness.clock.advance(86_400_000);
    assert.equal(codeOf(await redeem(second)), 'E_ENROLMENT_CODE');
    await restarted.ensureEnrolmentCode();
    assert.equal(codeOf(await redeem(read(harness.file))), 'accepted');
  });

  it('comes back when the last administrator was disabled', async () => {
    await using harness = await openInDirectory();
    await harness.identity.ensureEnrolmentCode();
    const { principal } = orThrow(
      await harness.identity.redeemEnrolmentCode({ code: read(harness.file), name: 'Alice' }),
    );
    orThrow(await harness.identity.setPrincipalDisabled(actor, principal.id, true));
    assert.equal((await harness.identity.ensureEnrolmentCode()).kind, 'file');
  });
});

describe('guessing the enrolment code', () => {
  it('is stopped after ten attempts a minute from one peer', async () => {
    await using harness = await openInDirectory();
    await harness.identity.ensureEnrolmentCode();
    const redeem = (code: string, peer: string) =>
      harness.identity.redeemEnrolmentCode({ code, name: 'Alice', peer });
    for (let i = 0; i < 10; i++)
      assert.equal(codeOf(await redeem(`guess ${i}`, '192.0.2.7')), 'E_ENROLMENT_CODE');
    const code = read(harness.file);
    assert.equal(codeOf(await redeem(code, '192.0.2.7')), 'E_IDENTITY_ATTEMPTS');
    assert.equal(codeOf(await redeem(code, '192.0.2.8')), 'accepted');
  });

  it('changes nothing when the ledger cannot record the enrolment', async () => {
    await using harness = await openInDirectory();
    await harness.identity.ensureEnrolmentCode();
    const code = read(harness.file);
    harness.ledger.setState('refusing');
    await assert.rejects(harness.identity.redeemEnrolmentCode({ code, name: 'Alice' }), {
      code: 'E_LEDGER_UNAVAILABLE',
    });
    assert.equal(harness.access.entities.length, 0);
    harness.ledger.setState('open');
    assert.equal(
      codeOf(await harness.identity.redeemEnrolmentCode({ code, name: 'Alice' })),
      'accepted',
    );
  });
});
