/** FE-03 to FE-16 as they bind our client: against an endpoint that is not always who it should be. */
import assert from 'node:assert/strict';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import type { FederationSource } from '../../../../src/domains/identity/index.ts';
import { isRefusal, refuse, SallyportError } from '../../../../src/kernel/errors.ts';
import type { JsonObject } from '../../../../src/kernel/json-value.ts';
import { identityErrors } from '../../../../src/domains/identity/index.ts';
import { actor, openHarness, tenant, trustDomain } from '../../../domains/identity/harness.ts';
import type { Check } from '../types.ts';
import {
  type BundleEndpoint,
  bySpiffe,
  endpointId,
  host,
  newDomain,
  openEndpoint,
  openMember,
  partner,
  shown,
  spiffeIdOf,
} from './bundle-endpoint.ts';

const client = (rule: string, title: string, run: () => Promise<void>): Check => ({
  rule,
  title,
  needs: 'library',
  run,
});

const succeeded = ({ failure }: { readonly failure?: string }, what: string): void =>
  assert.equal(failure, undefined, `${what}: ${failure}`);
const failedBy = ({ failure }: { readonly failure?: string }, why: RegExp, what: string): void =>
  assert.match(failure ?? 'it was believed', why, what);

const withSequence = (document: JsonObject, sequence: number): JsonObject => ({
  ...document,
  spiffe_sequence: sequence,
});
const keysOf = ({ keys }: JsonObject): readonly JsonObject[] => keys as readonly JsonObject[];

/** Runs while this process believes one more public authority. */
const whilePublic = async (pem: string, run: () => Promise<void>): Promise<void> => {
  const before = getCACertificates('default');
  setDefaultCACertificates([...before, pem]);
  await run().finally(() => setDefaultCACertificates(before));
};

const byWeb = ({ port }: BundleEndpoint, name: string, path = '/bundle'): FederationSource => ({
  profile: 'https_web',
  url: `https://${name}:${port}${path}`,
});

/** An endpoint of the partner that serves its bundle, as one who is believed. */
const openPartner = async () => {
  const domain = newDomain();
  const endpoint = await openEndpoint(shown(domain));
  endpoint.replies.set('/bundle', { document: domain.bundle });
  return { domain, endpoint };
};

const profileChecks: readonly Check[] = [
  client('FE-03', 'reads endpoints of both profiles', async () => {
    const { domain, endpoint } = await openPartner();
    await using _ = endpoint;
    await using member = await openMember();
    succeeded(await member.set(bySpiffe(endpoint), domain.bundle), 'https_spiffe');
    await whilePublic(domain.rootPem, async () => {
      succeeded(await member.set(byWeb(endpoint, 'localhost')), 'https_web');
    });
    assert.deepEqual(endpoint.asked, ['/bundle', '/bundle']);
  }),
  client(
    'FE-09',
    'https_web: believes the public authorities and the name, only both',
    async () => {
      const { domain, endpoint } = await openPartner();
      await using _ = endpoint;
      await using member = await openMember();
      const source = byWeb(endpoint, 'localhost');
      failedBy(await member.set(source, domain.bundle), /certificate/, 'no public authority');
      await whilePublic(domain.rootPem, async () => {
        succeeded(await member.set(source), 'authority and name');
        failedBy(await member.set(byWeb(endpoint, '127.0.0.1')), /altnames/, 'another name');
      });
      assert.deepEqual(endpoint.asked, ['/bundle'], 'nothing is sent to who is not proven');
    },
  ),
  client('FE-10', 'https_spiffe: believes exactly the SPIFFE ID it was told', async () => {
    const { domain, endpoint } = await openPartner();
    await using _ = endpoint;
    await using member = await openMember();
    const impostor = newDomain();
    const cases = [
      ['another path', shown(domain, spiffeIdOf(`spiffe://${partner}/other`))],
      ['another trust domain', shown(newDomain(host), spiffeIdOf(`spiffe://${host}/bundles`))],
      ['another authority of that name', shown(impostor)],
    ] as const;
    for (const [what, options] of cases) {
      endpoint.show(options);
      failedBy(await member.set(bySpiffe(endpoint), domain.bundle), /\S/, what);
    }
    assert.deepEqual(endpoint.asked, [], 'nothing is sent to who is not proven');
    endpoint.show(shown(domain));
    succeeded(await member.refresh(), 'the endpoint itself');
  }),
  client('FE-13', 'speaks no TLS below 1.2', async () => {
    const domain = newDomain();
    const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' } as const;
    await using endpoint = await openEndpoint({ ...shown(domain), ...old });
    await using member = await openMember();
    failedBy(await member.set(bySpiffe(endpoint), domain.bundle), /version|protocol/i, 'TLS 1.1');
  }),
];

const storedChecks: readonly Check[] = [
  client('FE-11', 'proves the next connection by the newest bundle it has stored', async () => {
    const { domain, endpoint } = await openPartner();
    await using _ = endpoint;
    await using member = await openMember();
    const next = newDomain();
    const both = { keys: [...keysOf(domain.bundle), ...keysOf(next.bundle)] };
    endpoint.replies.set('/bundle', { document: withSequence(both, 2) });
    succeeded(await member.set(bySpiffe(endpoint), domain.bundle), 'the old authority');
    endpoint.show(shown(next));
    endpoint.replies.set('/bundle', { document: withSequence(next.bundle, 3) });
    succeeded(await member.refresh(), 'the new authority, known by now');
    endpoint.show(shown(domain));
    failedBy(await member.refresh(), /\S/, 'the old authority, withdrawn by now');
  }),
  client('FE-15', 'takes the first bundle as a SPIFFE bundle and needs it', async () => {
    const { domain, endpoint } = await openPartner();
    await using _ = endpoint;
    await using member = await openMember();
    const source = bySpiffe(endpoint);
    for (const bundle of [undefined, { no: 'keys' }])
      await assert.rejects(member.set(source, bundle), SallyportError);
    succeeded(await member.set(source, domain.bundle), 'with its bundle');
  }),
  client('FE-16', "proves a foreign endpoint by its own trust domain's bundle alone", async () => {
    const hosting = newDomain(host);
    const domain = newDomain();
    const id = spiffeIdOf(`spiffe://${host}/bundles`);
    await using endpoint = await openEndpoint(shown(hosting, id));
    await using member = await openMember();
    endpoint.replies.set('/bundle', { document: domain.bundle });
    const source = bySpiffe(endpoint, { id });
    failedBy(await member.set(source), /\S/, 'its trust domain is not known');
    // A partner that names the authorities of its host proves nothing about the host.
    failedBy(await member.set(source, hosting.bundle), /\S/, 'a bundle of the wrong domain');
    await member.set({ profile: 'static' }, hosting.bundle, host);
    succeeded(await member.set(source), 'its trust domain was configured');
  }),
];

const redirectChecks: readonly Check[] = [
  client('FE-12', 'follows redirects by the same rules and remembers none', async () => {
    const { domain, endpoint } = await openPartner();
    await using elsewhere = await openEndpoint(shown(domain, spiffeIdOf(`${endpointId}/other`)));
    await using _ = endpoint;
    await using member = await openMember();
    elsewhere.replies.set('/bundle', { document: domain.bundle });
    const port = String(endpoint.port);
    const bad = [
      ['plain HTTP', `http://127.0.0.1:${port}/bundle`],
      ['a user', `https://a:b@127.0.0.1:${port}/bundle`],
      ['another SPIFFE ID', `https://127.0.0.1:${elsewhere.port}/bundle`],
      ['itself, for ever', '/moved'],
      ['an address egress forbids', 'https://169.254.169.254/'],
    ] as const;
    for (const [what, location] of bad) {
      endpoint.replies.set('/moved', { location });
      const told = await member.set(bySpiffe(endpoint, { path: '/moved' }), domain.bundle);
      failedBy(told, /\S/, what);
    }
    assert.deepEqual(elsewhere.asked, []);
    endpoint.replies.set('/moved', { location: '/bundle' });
    const seen = endpoint.asked.length;
    succeeded(await member.refresh(), 'to a good address');
    succeeded(await member.refresh(), 'again');
    assert.deepEqual(endpoint.asked.slice(seen), ['/moved', '/bundle', '/moved', '/bundle']);
  }),
];

/** Long enough for a few turns of the loop that looks for who is due. */
const aFewTurns = () => new Promise<void>((resolve) => void setTimeout(resolve, 60));

const pollChecks: readonly Check[] = [
  client('FE-14', 'waits for the next turn after a poll that failed', async () => {
    let asked = 0;
    const fetch = () => {
      asked += 1;
      const bytes = Buffer.from('{"keys":[],"spiffe_refresh_hint":60}');
      return Promise.resolve(
        asked === 1 ? bytes : refuse(identityErrors.E_FEDERATION_FETCH, 'no route'),
      );
    };
    await using harness = await openHarness({
      config: { trustDomain, tenant, dataDir: '.', pollIntervalMs: 5 },
      bundles: { check: () => undefined, fetch },
    });
    const source = { profile: 'https_web', url: 'https://partner.example/' } as const;
    await harness.identity.federation.set(actor, { trustDomain: partner, source });
    for (const [afterMs, expected] of [
      [59_000, 1],
      [2_000, 2],
      [59_000, 2],
      [2_000, 3],
    ] as const) {
      harness.clock.advance(afterMs);
      await aFewTurns();
      assert.equal(asked, expected);
    }
  }),
  client('FE-04', 'asks nobody who was not configured before', async () => {
    let asked = 0;
    const fetch = () => Promise.resolve(refuse(identityErrors.E_FEDERATION_FETCH, String(++asked)));
    await using harness = await openHarness({ bundles: { check: () => undefined, fetch } });
    assert.ok(isRefusal(await harness.identity.federation.refresh(partner)));
    assert.equal(asked, 0);
  }),
];

/** The checks of the client. */
export const federationClientChecks: readonly Check[] = [
  ...profileChecks,
  ...storedChecks,
  ...redirectChecks,
  ...pollChecks,
];
