/** Searches over HTTP: the interop vectors, pages, unknown names, malformed questions, records. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { validateOcsf } from '../../../src/engines/ocsf/index.ts';
import { openDecisionPoint } from './decision-point.ts';
import { type SearchFixture, searchWorld } from './search-world.ts';

const folder = join(
  process.env['SALLYPORT_VECTORS'] ?? join(import.meta.dirname, '../../../../shared/vectors'),
  'compliance/authzen',
);
const skip = existsSync(join(folder, 'cases.json')) ? false : `no ${folder}: set SALLYPORT_VECTORS`;

type Case = {
  readonly id: string;
  readonly endpoint: string;
  readonly request: unknown;
  readonly expected: { readonly results: readonly object[] };
};
type Answer = {
  readonly page?: { readonly next_token: string };
  readonly results: readonly { readonly id?: string; readonly name?: string }[];
};
const read = (name: string): unknown => JSON.parse(readFileSync(join(folder, name), 'utf8'));
const sorted = (results: readonly object[]): readonly string[] =>
  results.map((result) => JSON.stringify(result)).sort();

describe('AuthZEN interop vectors of searches', { skip }, async () => {
  if (skip !== false) return;
  const point = await openDecisionPoint(searchWorld(read('fixture.json') as SearchFixture));
  after(() => point.close());
  const cases = (read('cases.json') as readonly Case[]).filter(({ endpoint }) =>
    endpoint.startsWith('search'),
  );

  it('are all there', () => assert.equal(cases.length, 104));

  for (const { id, endpoint, request, expected } of cases)
    it(id, async () => {
      const { results } = (await point.post(endpoint, request)) as Answer;
      assert.deepEqual(sorted(results), sorted(expected.results));
    });
});

const users = {
  alice: { role: 'manager', department: 'A' },
  bob: { role: 'clerk', department: 'B' },
};
const records = Object.fromEntries(
  Array.from({ length: 25 }, (_, i) => [
    String(100 + i),
    { owner: i % 5 === 0 ? 'bob' : 'alice', department: 'B' },
  ]),
);
const point = await openDecisionPoint(searchWorld({ search: { users, records } }));
after(() => point.close());

const ask = {
  subject: { type: 'user', id: 'alice' },
  action: { name: 'delete' },
  resource: { type: 'record', id: 'ignored' },
};

describe('a search', () => {
  it('pages through all results without losing or repeating one', async () => {
    const seen: string[] = [];
    let token = '';
    do {
      const page = { limit: 7, ...(token === '' ? {} : { token }) };
      const answer = (await point.post('search/resource', { ...ask, page })) as Answer;
      assert.ok(answer.results.length <= 7);
      seen.push(...answer.results.map(({ id }) => id ?? ''));
      token = answer.page?.next_token ?? '';
    } while (token !== '');
    assert.deepEqual(
      seen,
      Object.keys(records).filter((_, i) => i % 5 !== 0),
    );
  });

  it('finds nothing for types and ids nobody knows, with status 200', async () => {
    for (const body of [
      { ...ask, resource: { type: 'spaceship' } },
      { ...ask, subject: { type: 'alien', id: 'alice' } },
      { ...ask, subject: { type: 'user', id: 'nobody' } },
      { ...ask, action: { name: 'launch' } },
    ])
      assert.deepEqual(await point.post('search/resource', body), { results: [] });
  });

  it('takes properties of the asker into account', async () => {
    const subject = { type: 'user', id: 'carol', properties: { role: 'manager', department: 'B' } };
    const body = { ...ask, subject, action: { name: 'edit' } };
    const { results } = (await point.post('search/resource', body)) as Answer;
    assert.equal(results.length, 25);
  });

  it('refuses a page token that belongs to another question, or to none', async () => {
    const first = (await point.post('search/resource', { ...ask, page: { limit: 1 } })) as Answer;
    const token = first.page?.next_token ?? '';
    for (const body of [
      { ...ask, subject: { type: 'user', id: 'bob' }, page: { token } },
      { ...ask, page: { token: 'AAAA' } },
      { ...ask, page: { token: '!' } },
    ])
      assert.equal((await point.raw('search/resource', JSON.stringify(body))).statusCode, 400);
  });

  it('refuses a question that lacks what it needs', async () => {
    for (const [kind, body] of [
      ['resource', { ...ask, action: undefined }],
      ['resource', { ...ask, subject: { type: 'user' } }],
      ['subject', { ...ask, resource: { type: 'record' } }],
      ['action', { ...ask, subject: { id: 'alice' } }],
    ] as const)
      assert.equal((await point.raw(`search/${kind}`, JSON.stringify(body))).statusCode, 400, kind);
  });

  it('stands in the ledger with who asked and how much was found', async () => {
    await point.post('search/action', ask);
    const event = point.ledger.events.at(-1);
    assert.equal(event?.ocsf.metadata.event_code, 'access.search');
    assert.deepEqual(validateOcsf(event?.ocsf), []);
  });
});
