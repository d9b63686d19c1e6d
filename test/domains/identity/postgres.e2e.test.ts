/** What depends on the database holds on a real PostgreSQL too: races, conflicts, revisions, bytes. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { sql } from 'kysely';
import { migrations } from '../../../src/domains/identity/index.ts';
import { isRefusal, orThrow } from '../../../src/kernel/errors.ts';
import { parseTrustDomain } from '../../../src/kernel/ids.ts';
import { openStorage, type Storage } from '../../../src/platform/storage/index.ts';
import {
  actor,
  addService,
  type Harness,
  newWorkloadKey,
  openHarness,
  principalId,
  spiffe,
  tenant,
  trustDomain,
} from './harness.ts';
import { addEntry, attestNode, fetchSvid } from './workloads/nodes.ts';

const address = process.env['SALLYPORT_TEST_POSTGRES_URL'];
const skip = address === undefined ? 'SALLYPORT_TEST_POSTGRES_URL is not set' : false;
const codeOf = (answer: unknown): string => (isRefusal(answer) ? answer.error.code : 'accepted');

const open = (schema?: string): Promise<Storage> => {
  const url = new URL(address ?? '');
  if (schema !== undefined) url.searchParams.set('options', `-c search_path=${schema}`);
  return openStorage({ url: url.href, dataDir: '.', log: { warn: () => {} } });
};

const administer = async (statement: string): Promise<void> => {
  const admin = await open();
  await sql.raw(statement).execute(admin.database());
  await admin.close();
};

/** Two replicas, each with connections of its own, in a schema that is dropped afterwards. */
const openPair = async () => {
  const schema = `sallyport_identity_${randomBytes(8).toString('hex')}`;
  await administer(`create schema ${schema}`);
  const dataDir = mkdtempSync(join(tmpdir(), 'sallyport-identity-'));
  const config = { trustDomain, tenant, dataDir, pollIntervalMs: 0 };
  const [storage, other] = [await open(schema), await open(schema)];
  await storage.migrate(migrations);
  const harness = await openHarness({ storage, config });
  const replica = await harness.openReplica({ storage: other });
  return {
    harness,
    replica,
    dataDir,
    [Symbol.asyncDispose]: async () => {
      await harness[Symbol.asyncDispose]();
      await storage.close();
      await other.close();
      await administer(`drop schema ${schema} cascade`);
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
};

/** Asks both replicas in turn, all at the same time. */
const race = async <T>(
  pair: { readonly harness: Harness; readonly replica: Harness['identity'] },
  ask: (identity: Harness['identity'], i: number) => Promise<T>,
): Promise<readonly string[]> => {
  const answers = await Promise.all(
    Array.from({ length: 8 }, (_, i) => ask(i % 2 === 0 ? pair.harness.identity : pair.replica, i)),
  );
  return answers.map(codeOf).toSorted();
};

describe('identity on PostgreSQL', { skip }, () => {
  it('revokes on the other replica with one poll', async () => {
    await using pair = await openPair();
    const { harness, replica } = pair;
    const { id } = await addService(harness, 'trainer');
    const { token, record } = orThrow(await harness.identity.createToken(actor, { principal: id }));
    assert.equal(codeOf(await replica.authenticateBearer(token.reveal())), 'accepted');
    await harness.identity.revokeToken(actor, record.id);
    await replica.refresh();
    const answer = await replica.authenticateBearer(token.reveal());
    assert.equal(codeOf(answer), 'E_IDENTITY_CREDENTIAL');
    assert.deepEqual(replica.bundle(), harness.identity.bundle());
  });

  it('creates one principal for one SPIFFE ID', async () => {
    await using pair = await openPair();
    const answers = await race(pair, (identity, i) =>
      identity.createPrincipal(actor, {
        type: 'Service',
        id: principalId(`s-${i}`),
        name: 'shared',
        spiffeId: spiffe('/shared'),
      }),
    );
    assert.deepEqual(answers, [...Array<string>(7).fill('E_PRINCIPAL_EXISTS'), 'accepted']);
  });

  it('redeems a join token and the enrolment code once', async () => {
    await using pair = await openPair();
    const { harness, dataDir } = pair;
    const { spiffeId } = await addService(harness, 'trainer');
    const join_ = orThrow(await harness.identity.createJoinToken(actor, { spiffeId }));
    const { csrPem } = newWorkloadKey();
    const token = join_.token.reveal();
    const joined = await race(pair, (identity) => identity.redeemJoinToken({ token, csrPem }));
    assert.deepEqual(joined, [...Array<string>(7).fill('E_JOIN_TOKEN'), 'accepted']);
    await harness.identity.ensureEnrolmentCode();
    const code = readFileSync(join(dataDir, 'enrolment-code'), 'utf8').trim();
    const enrolled = await race(pair, (identity, i) =>
      identity.redeemEnrolmentCode({ code, name: 'Alice', peer: `192.0.2.${i}` }),
    );
    assert.deepEqual(enrolled, [...Array<string>(7).fill('E_ENROLMENT_CODE'), 'accepted']);
  });

  it('counts concurrent changes without a gap', async () => {
    await using pair = await openPair();
    const { harness, replica } = pair;
    const { id } = await addService(harness, 'trainer');
    const before = harness.identity.revision();
    await race(pair, (identity) => identity.createToken(actor, { principal: id }));
    await harness.identity.refresh();
    await replica.refresh();
    assert.equal(harness.identity.revision(), before + 8);
    assert.equal(replica.revision(), before + 8);
  });
});

describe('workloads on PostgreSQL', { skip }, () => {
  it('keep entries, groups, agents and revocations, and give the last place away once', async () => {
    await using pair = await openPair();
    const { harness, replica } = pair;
    const { agent } = await attestNode(harness, 'gpu-1');
    await replica.refresh();
    const { id: entryId } = await addEntry(harness, '/job', { instances: 3 });
    await replica.refresh();
    const ask = (identity: Harness['identity'], instance: string) =>
      fetchSvid({ identity }, agent, { entryId, instance });
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, at) =>
        ask(at % 2 === 0 ? harness.identity : replica, `rank-${at}`),
      ),
    );
    const codes = answers.map(codeOf);
    assert.equal(codes.filter((code) => code === 'accepted').length, 3, codes.join());
    const svid = answers.find((answer) => !isRefusal(answer));
    const chain = svid === undefined || isRefusal(svid) ? [] : svid.chain;
    assert.equal(codeOf(await replica.authenticateCertificate(chain)), 'accepted');
    const revoked = orThrow(await harness.identity.revocations.revoke(actor, { entryId }));
    assert.equal(revoked.credentials, 3);
    await replica.refresh();
    assert.equal(codeOf(await replica.authenticateCertificate(chain)), 'E_IDENTITY_CREDENTIAL');
    assert.equal((await replica.entries.list()).entries.length, 0);
    assert.equal((await replica.agents.list()).agents.length, 1);
    const source = { profile: 'static' } as const;
    const partner = orThrow(parseTrustDomain('partner.example'));
    const wish = { trustDomain: partner, source, bundle: '{"keys":[]}' };
    orThrow(await harness.identity.federation.set(actor, wish));
    await replica.refresh();
    assert.equal(replica.federation.list().length, 1);
  });
});
