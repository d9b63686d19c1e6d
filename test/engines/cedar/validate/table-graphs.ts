/** Lists of entities whose sum is good or bad; the oracle says which. */
type Json = Readonly<Record<string, unknown>>;

const A = (id: string, groups: readonly string[]): Json => ({
  uid: { type: 'Action', id },
  attrs: {},
  parents: groups.map((name) => ({ type: 'Action', id: name })),
});
const U = (attrs: Json): readonly unknown[] => [
  { uid: { type: 'User', id: 'a' }, attrs, parents: [] },
];
export const secondLists: readonly unknown[] = [
  [A('read', ['mid'])],
  [A('read', ['mid', 'all'])],
  [A('read', ['all'])],
  [A('read', ['mid']), A('mid', ['all'])],
  [A('read', ['mid']), A('mid', ['all']), A('all', [])],
  [A('mid', ['all'])],
  [{ uid: { type: 'Org', id: 'a' }, attrs: {}, parents: [{ type: 'Org', id: 'a' }] }],
  [
    { uid: { type: 'Org', id: 'a' }, attrs: {}, parents: [{ type: 'Org', id: 'b' }] },
    { uid: { type: 'Org', id: 'b' }, attrs: {}, parents: [{ type: 'Org', id: 'a' }] },
  ],
  U({ dt: { fn: 'toDate', arg: '2020-01-01' } }),
  U({ dt: { fn: 'toDate', arg: { fn: 'datetime', arg: '2020-01-01' } } }),
  U({ dt: { fn: 'datetime', args: [] } }),
  U({ dt: { fn: 'datetime', args: ['2020-01-01', 'x'] } }),
  U({ dt: { fn: 'datetime' } }),
  U({ d: { __extn: { fn: 'decimal', arg: '1.0' }, x: 1 } }),
  U({ d: { fn: 'decimal', arg: '1.0', x: 1 } }),
  U({ d: { fn: 'decimal', arg: '1.0', args: ['1.0'] } }),
  U({ d: { __extn: { fn: 'decimal', arg: '1.0', x: 1 } } }),
  U({ d: { __extn: 'x' } }),
  U({ d: ['1.0'] }),
  U({ d: { __entity: { type: 'User', id: 'x' } } }),
  U({ d: { type: 'User', id: 'x' } }),
  U({ s: { __extn: { fn: 'decimal', arg: '1.0' } } }),
  U({ dt: { __extn: { fn: 'offset', args: ['2020-01-01', '1h'] } } }),
  U({ d: '1.0', dt: '2020-01-01' }).concat(
    U({ dt: { fn: 'datetime', arg: '2020-01-01' }, d: '1.0' }),
  ),
  U({ s: [1, 2] }).concat(U({ s: [2, 1, 1] })),
  U({ d: '1.0' }).concat(U({ d: '1.00' })),
  [
    { uid: { type: 'User', id: 'a' }, attrs: {}, parents: [{ type: 'Org', id: 'x' }] },
    {
      uid: { type: 'User', id: 'a' },
      attrs: {},
      parents: [
        { type: 'Org', id: 'x' },
        { type: 'Org', id: 'x' },
      ],
    },
  ],
  U({ d: { fn: 'ip', arg: '1.1.1.1' } }),
  U({ d: { fn: 'lessThan', args: ['1.0', '2.0'] } }),
  [{ uid: { __entity: { type: 'User', id: 'a' } }, attrs: {}, parents: [] }],
  [{ uid: { type: 'User', id: 'a' }, attrs: {}, parents: [], tags: null }],
  [{ uid: { type: 'User', id: 'a' }, attrs: null, parents: [] }],
  [{ uid: { type: 'User', id: 'a', x: 2 }, attrs: {}, parents: [] }],
];
