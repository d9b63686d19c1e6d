/** Identity beside the real access room: its entities fit the schema, its administrator has power. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { accessMigrations, createAccess } from '../../../src/domains/access/index.ts';
import { createMemoryLedger } from '../../../src/domains/ledger/index.ts';
import { migrations } from '../../../src/domains/identity/index.ts';
import { fakeClock } from '../../../src/kernel/effects.ts';
import { orThrow } from '../../../src/kernel/errors.ts';
import { createMemoryLog } from '../../../src/platform/log/index.ts';
import { openMemoryStorage } from '../../../src/platform/storage/index.ts';
import { actor, openHarness, principalId, spiffe, tenant, trustDomain } from './harness.ts';

describe('identity and access', () => {
  it('make an administrator whom the shipped policies obey, and a service with its attributes', async () => {
    const storage = await openMemoryStorage([...accessMigrations, ...migrations]);
    const clock = fakeClock();
    const access = await createAccess({
      storage,
      ledger: createMemoryLedger(clock),
      policies: {},
      clock,
      log: createMemoryLog(),
    });
    const dataDir = mkdtempSync(join(tmpdir(), 'sallyport-access-'));
    const config = { trustDomain, tenant, dataDir, pollIntervalMs: 0 };
    const harness = await openHarness({ storage, access, config });
    await harness.identity.ensureEnrolmentCode();
    const code = readFileSync(join(dataDir, 'enrolment-code'), 'utf8').trim();
    const enrolment = await harness.identity.redeemEnrolmentCode({ code, name: 'Alice' });
    const { principal } = orThrow(enrolment);
    const decision = access.decide({
      principal: { type: 'User', id: principal.id },
      action: 'token:create',
      resource: { type: 'System', id: 'sallyport' },
      context: { tenant },
    });
    assert.equal(decision.decision, 'allow');
    const id = principalId('trainer');
    const spiffeId = spiffe('/trainer');
    const wish = { type: 'Agent', id, name: 'Trainer', spiffeId, teams: ['vision'] } as const;
    orThrow(await harness.identity.createPrincipal(actor, wish));
    orThrow(await harness.identity.setPrincipalDisabled(actor, id, true));
    const entity = access.getEntity({ type: 'Agent', id });
    assert.deepEqual(entity?.attrs, { tenant: 'default', disabled: true, spiffeId });
    assert.deepEqual(entity.parents, [{ type: 'Team', id: 'vision' }]);
    assert.equal((await harness.identity.ensureEnrolmentCode()).kind, 'not-needed');
    await harness[Symbol.asyncDispose]();
    await access.close();
    await storage.close();
    rmSync(dataDir, { recursive: true, force: true });
  });
});
