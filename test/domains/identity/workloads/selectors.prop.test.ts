/** The algebra of selectors, and the index held against the plain definition. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { EntryIndex, isFor } from '../../../../src/domains/identity/entries/entry-index.ts';
import {
  isSelector,
  matches,
  readSelectors,
} from '../../../../src/domains/identity/entries/selectors.ts';
import type {
  EntryParent,
  RegistrationEntry,
} from '../../../../src/domains/identity/entries/types.ts';
import { isRefusal, orThrow } from '../../../../src/kernel/errors.ts';
import { principalId, spiffe } from '../harness.ts';

const selector = fc
  .constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h')
  .map((value) => `unix:${value}`);
const set = fc.uniqueArray(selector, { minLength: 1, maxLength: 5 });
const presented = fc.uniqueArray(selector, { maxLength: 8 }).map((list) => new Set(list));
const agents = ['one', 'two', 'three'].map((name) => spiffe(`/sallyport/agent/test/${name}`));
const agentId = fc.constantFrom(...agents);
const parent: fc.Arbitrary<EntryParent> = fc.oneof(
  agentId.map((id) => ({ kind: 'agent', agentId: id }) as const),
  set.map((selectors) => ({ kind: 'nodes', selectors: selectors.toSorted() }) as const),
);

const entryOf = (id: string, version: number, of: EntryParent): RegistrationEntry => ({
  id,
  spiffeId: spiffe('/workload'),
  parent: of,
  selectors: ['unix:uid:0'],
  x509TtlSeconds: 3600,
  jwtTtlSeconds: 300,
  dnsNames: [],
  federatesWith: [],
  hint: '',
  principal: principalId('workload'),
  version,
  createdAtMs: 0,
  updatedAtMs: 0,
});

describe('selectors', () => {
  it('match exactly when what is required is contained in what is presented', () => {
    fc.assert(
      fc.property(set, presented, (required, shown) => {
        assert.equal(matches(required, shown), new Set(required).isSubsetOf(shown));
      }),
    );
  });

  it('match more when more is presented, and less when more is required', () => {
    fc.assert(
      fc.property(set, set, presented, (required, more, shown) => {
        if (matches(required, shown)) assert.ok(matches(required, shown.union(new Set(more))));
        if (matches([...required, ...more], shown)) assert.ok(matches(required, shown));
      }),
    );
  });

  it('never match when nothing is required', () => {
    fc.assert(fc.property(presented, (shown) => assert.equal(matches([], shown), false)));
  });

  it('read as a set: order and repetition do not count, reading twice changes nothing', () => {
    fc.assert(
      fc.property(set, (list) => {
        const read = orThrow(readSelectors(list));
        assert.deepEqual(orThrow(readSelectors([...list, ...list].toReversed())), read);
        assert.deepEqual(orThrow(readSelectors(read)), read);
      }),
    );
  });

  it('are a type, a colon and a value without control characters, whatever is tried', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (text) => {
        const [type = '', ...rest] = text.split(':');
        const value = rest.join(':');
        const good =
          /^[a-z0-9_-]+$/.test(type) &&
          value.length > 0 &&
          !/[\u0000-\u001f\u007f]/.test(value) &&
          text.isWellFormed();
        assert.equal(isSelector(text), good);
      }),
      { numRuns: 500 },
    );
    for (const text of ['', ':', 'unix:', ':x', 'Unix:x', `unix:${'x'.repeat(600)}`, 'unix:\n'])
      assert.ok(isRefusal(readSelectors([text])), JSON.stringify(text));
  });
});

type Step = { readonly id: string; readonly parent: EntryParent | undefined };
const step: fc.Arbitrary<Step> = fc.record({
  id: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
  parent: fc.option(parent, { nil: undefined }),
});

describe('the index of entries', () => {
  it('finds after any history what the definition finds, each once', () => {
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 40 }),
        fc.record({ agentId, selectors: presented }),
        (steps, node) => {
          const index = new EntryIndex();
          const plain = new Map<string, RegistrationEntry>();
          for (const [version, { id, parent: of }] of steps.entries()) {
            if (of === undefined) {
              index.remove(id);
              plain.delete(id);
              continue;
            }
            const entry = entryOf(id, version, of);
            plain.set(id, entry);
            index.put(entry);
          }
          const found = [...index.entriesFor(node)].map(({ id }) => id).toSorted();
          const wanted = [...plain.values()].filter((entry) => isFor(entry, node));
          assert.deepEqual(found, wanted.map(({ id }) => id).toSorted());
          assert.equal(index.size, plain.size);
        },
      ),
    );
  });

  it('never goes back to an older version', () => {
    const index = new EntryIndex();
    const of = { kind: 'agent', agentId: agents[0] ?? spiffe('/x') } as const;
    assert.equal(index.put(entryOf('a', 2, of)), true);
    assert.equal(index.put(entryOf('a', 1, of)), false);
    assert.equal(index.get('a')?.version, 2);
  });
});
