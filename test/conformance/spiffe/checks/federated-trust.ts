/** FE-01, FE-02, FE-05 and FE-06: what our server publishes, and what it lets a foreign bundle vouch for. */
import assert from 'node:assert/strict';
import { createBundleClient } from '../../../../src/doors/api/index.ts';
import { isRefusal, orThrow } from '../../../../src/kernel/errors.ts';
import type { TrustDomain } from '../../../../src/kernel/ids.ts';
import {
  actor,
  addService,
  type Harness,
  newWorkloadKey,
  openHarness,
  tenant,
} from '../../../domains/identity/harness.ts';
import { addEntry, attestNode, listen } from '../../../domains/identity/workloads/nodes.ts';
import type { Check } from '../types.ts';
import { host, newDomain, partner, spiffeIdOf } from './bundle-endpoint.ts';
import { readKeys, readToken } from './fetch.ts';
import { judged, type Sample } from './judged.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

/** When each key of the bundle was first published and when each first signed, over a rotation. */
const watchRotation = async () => {
  await using harness = await openHarness();
  const { identity, clock } = harness;
  const { spiffeId } = await addService(harness, 'watched');
  const published = new Map<string, number>();
  const used = new Map<string, number>();
  const look = async (): Promise<void> => {
    for (const { kid } of readKeys(Buffer.from(JSON.stringify(identity.bundle()))))
      if (typeof kid === 'string' && !published.has(kid)) published.set(kid, clock.nowMs());
    const { token } = orThrow(await identity.mintJwtSvid(actor, { spiffeId, audience: ['a'] }));
    const kid = String(readToken(token.reveal()).header['kid']);
    if (!used.has(kid)) used.set(kid, clock.nowMs());
  };
  await look();
  clock.advance(20 * dayMs);
  for (let passed = 0; passed < 3 * hourMs; passed += 5 * minuteMs) {
    await identity.refresh();
    await look();
    clock.advance(5 * minuteMs);
  }
  return { published, used, hintMs: Number(identity.bundle()['spiffe_refresh_hint']) * 1000 };
};

const publishesAhead = async (): Promise<void> => {
  const { published, used, hintMs } = await watchRotation();
  const [, ...later] = used;
  assert.ok(later.length > 0, 'no rotation was seen');
  for (const [kid, usedAtMs] of later) {
    const leadMs = usedAtMs - (published.get(kid) ?? Infinity);
    assert.ok(leadMs >= 3 * hintMs, `${leadMs} ms ahead, polled every ${hintMs} ms`);
  }
};

const federate = async ({ identity }: Harness, trustDomain: TrustDomain, bundle: object) => {
  const source = { profile: 'static' } as const;
  const wish = { trustDomain, source, bundle: JSON.stringify(bundle) };
  return orThrow(await identity.federation.set(actor, wish));
};

const openPartner = () =>
  openHarness({ config: { trustDomain: partner, tenant, dataDir: '.', pollIntervalMs: 0 } });

/** What our server says to an SVID of the partner's name that this authority has signed. */
const verdictOn = async (authority: Harness, ours: Harness): Promise<string> => {
  const spiffeId = spiffeIdOf(`spiffe://${partner}/caller`);
  const { csrPem } = newWorkloadKey();
  await authority.identity.createPrincipal(actor, { type: 'Service', name: 'caller', spiffeId });
  const svid = orThrow(await authority.identity.mintX509Svid(actor, { spiffeId, csrPem }));
  const answer = await ours.identity.authenticateCertificate(svid.chain);
  return isRefusal(answer) ? answer.error.code : 'accepted';
};

const keepsDomainsApart = async (): Promise<void> => {
  await using ours = await openHarness();
  await using honest = await openPartner();
  await using impostor = await openPartner();
  const before = JSON.stringify(ours.identity.bundle());
  await federate(ours, partner, honest.identity.bundle());
  await federate(ours, host, impostor.identity.bundle());
  // Who is believed is still a stranger without a principal here; who is not believed is nobody.
  assert.equal(await verdictOn(honest, ours), 'E_IDENTITY_DISABLED');
  assert.equal(await verdictOn(impostor, ours), 'E_SVID_UNTRUSTED');
  assert.equal(JSON.stringify(ours.identity.bundle()), before, 'ours holds nothing of theirs');
};

/** The name is not inside the document: it must go with it, to agents and through a restart. */
const keepsNames = async (): Promise<void> => {
  await using ours = await openHarness();
  const bundles = new Map([partner, host].map((name) => [name, newDomain(name).bundle]));
  for (const [name, bundle] of bundles) await federate(ours, name, bundle);
  const { agent } = await attestNode(ours, 'gpu-1');
  await addEntry(ours, '/trainer', { federatesWith: [...bundles.keys()] });
  const replica = await ours.openReplica();
  for (const room of [ours, { identity: replica }]) {
    const { news, arrive, close } = listen(room, agent);
    await arrive();
    const told = news.find((one) => one.type === 'state')?.bundles ?? [];
    for (const [name, bundle] of bundles)
      assert.deepEqual(told.find(({ trustDomain }) => trustDomain === name)?.jwks, bundle, name);
    close();
  }
};

const addresses = (texts: readonly string[]): readonly Sample[] => {
  const { check } = createBundleClient({ allowPrivate: true });
  return texts.map((text) => [text, () => check(text)]);
};

const library = (rule: string, title: string, run: () => Promise<void>): Check => ({
  rule,
  title,
  needs: 'library',
  run,
});

/** The checks of what is published and believed. */
export const federatedTrustChecks: readonly Check[] = [
  library('FE-01', 'publishes keys at least three polls before they sign', publishesAhead),
  library('FE-02', 'lets authorities of one trust domain vouch for no other', keepsDomainsApart),
  library('FE-05', 'hands bundles on with the name of their trust domain', keepsNames),
  judged('FE-06', 'takes https addresses without a user and no other', {
    good: addresses([
      'https://partner.example/bundle',
      'https://partner.example:8443/',
      'https://127.0.0.1/',
    ]),
    bad: addresses([
      'http://partner.example/',
      'https://user@partner.example/',
      'https://user:word@partner.example/',
      'https://@partner.example/',
      'ftp://partner.example/',
      'partner.example/bundle',
      '',
    ]),
  }),
];
