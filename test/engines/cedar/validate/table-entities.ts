/** Lists of entities over two schemas, good and bad; the oracle says which. */
type Json = Readonly<Record<string, unknown>>;

export const firstSchema = `
type T = {x: Long, y?: Set<User>, z?: {w: Bool}};
entity Group in [Org] tags String;
entity Org;
entity Color enum ["red","green"];
entity User in [Group] { name: String, age?: Long, friend?: User, ip?: ipaddr, d?: decimal, dt?: datetime, du?: duration, t?: T, s?: Set<Long>, b?: Bool, c?: Color, ss?: Set<decimal>, act?: Action, us?: Set<User> } tags Set<Long>;
entity Doc;
action all;
action read in [all] appliesTo { principal: [User], resource: [Doc, Color], context: {q?: Long, u?: User, ip?: ipaddr, r?: {a: Long, b?: Color}, s?: Set<String>} };
action other;
`;
export const secondSchema = `
entity Org in [Org];
entity User in [Org] { dt?: datetime, d?: decimal, s?: Set<Long> };
action all; action mid in all; action read in mid appliesTo {principal: User, resource: User};
`;

const U = (attrs: Json, more: Json = {}): readonly unknown[] => [
  { uid: { type: 'User', id: 'a' }, attrs: { name: 'n', ...attrs }, parents: [], ...more },
];
export const firstLists: readonly unknown[] = [
  [],
  U({}),
  [{ uid: { type: 'User', id: 'a' }, attrs: {}, parents: [] }],
  U({ zzz: 1 }),
  U({ age: 'x' }),
  U({ age: 1.5 }),
  U({ age: true }),
  U({ age: null }),
  U({ friend: { type: 'User', id: 'b' } }),
  U({ friend: { __entity: { type: 'User', id: 'b' } } }),
  U({ friend: { type: 'Doc', id: 'b' } }),
  U({ friend: { type: 'Zed', id: 'b' } }),
  U({ friend: 'User::"b"' }),
  U({ friend: { type: 'User' } }),
  U({ friend: { type: 'User', id: 'b', x: 1 } }),
  U({ friend: { __entity: { type: 'User', id: 'b' }, x: 1 } }),
  U({ friend: { __expr: 'User::"b"' } }),
  U({ name: { __expr: '"b"' } }),
  U({ ip: '1.2.3.4' }),
  U({ ip: { __extn: { fn: 'ip', arg: '1.2.3.4' } } }),
  U({ ip: { fn: 'ip', arg: '1.2.3.4' } }),
  U({ ip: { fn: 'ip', args: ['1.2.3.4'] } }),
  U({ ip: { __extn: { fn: 'decimal', arg: '1.0' } } }),
  U({ ip: 'x' }),
  U({ ip: 1 }),
  U({ d: '1.0' }),
  U({ d: '1' }),
  U({ d: { __extn: { fn: 'decimal', arg: '1.00001' } } }),
  U({ dt: '2020-01-01' }),
  U({
    dt: {
      __extn: {
        fn: 'offset',
        args: [
          { __extn: { fn: 'datetime', arg: '2020-01-01' } },
          { __extn: { fn: 'duration', arg: '1h' } },
        ],
      },
    },
  }),
  U({ dt: { fn: 'offset', args: ['2020-01-01', '1h'] } }),
  U({
    dt: {
      fn: 'offset',
      args: [
        { fn: 'datetime', arg: '2020-01-01' },
        { fn: 'duration', arg: '1h' },
      ],
    },
  }),
  U({ du: '1h' }),
  U({ du: { __extn: { fn: 'toTime', arg: 'x' } } }),
  U({ ip: { __extn: { fn: 'ip', arg: 1 } } }),
  U({ ip: { __extn: { fn: 'zzz', arg: '1' } } }),
  U({ name: { __extn: { fn: 'ip', arg: '1.2.3.4' } } }),
  U({ t: { x: 1 } }),
  U({ t: {} }),
  U({ t: { x: 1, q: 2 } }),
  U({ t: { x: 1, y: [{ type: 'User', id: 'x' }] } }),
  U({ t: { x: 1, z: { w: 'a' } } }),
  U({ t: [] }),
  U({ s: [1, 2, 'a'] }),
  U({ s: [] }),
  U({ s: 1 }),
  U({ s: {} }),
  U({ b: 'true' }),
  U({ b: false }),
  U({ c: { type: 'Color', id: 'red' } }),
  U({ c: { type: 'Color', id: 'blue' } }),
  U({ c: { __entity: { type: 'Color', id: 'blue' } } }),
  U({ ss: ['1.0', '2.0'] }),
  U({ act: { type: 'Action', id: 'read' } }),
  U({ act: { type: 'Action', id: 'zzz' } }),
  U({ act: { __entity: { type: 'Action', id: 'zzz' } } }),
  U({ us: [{ type: 'User', id: 'x' }, { __entity: { type: 'User', id: 'x' } }] }),
  U({}, { parents: [{ type: 'Group', id: 'g' }] }),
  U({}, { parents: [{ type: 'Org', id: 'g' }] }),
  U({}, { parents: [{ type: 'Doc', id: 'g' }] }),
  U({}, { parents: [{ type: 'Zed', id: 'g' }] }),
  U({}, { parents: [{ __entity: { type: 'Group', id: 'g' } }] }),
  U({}, { parents: ['x'] }),
  U({}, { parents: [{ type: 'Action', id: 'all' }] }),
  U({}, { parents: [{ type: 'Color', id: 'red' }] }),
  U({}, { parents: [{ type: 'User', id: 'a' }] }),
  U({}, { tags: { a: [1] } }),
  U({}, { tags: { a: ['x'] } }),
  U({}, { tags: { a: 1 } }),
  U({}, { tags: {} }),
  [{ uid: { type: 'Doc', id: 'a' }, attrs: {}, parents: [], tags: {} }],
  [{ uid: { type: 'Doc', id: 'a' }, attrs: {}, parents: [], tags: { a: 1 } }],
  [{ uid: { type: 'Group', id: 'a' }, attrs: {}, parents: [], tags: { a: 'x' } }],
  [{ uid: { type: 'Group', id: 'a' }, attrs: {} }],
  [{ uid: { type: 'Group', id: 'a' }, parents: [] }],
  [{ attrs: {}, parents: [] }],
  [{ uid: { type: 'Zed', id: 'a' }, attrs: {}, parents: [] }],
  [{ uid: 'Group::"a"', attrs: {}, parents: [] }],
  [{ uid: { type: 'Group', id: 'a' }, attrs: {}, parents: [], foo: 1 }],
  [{ uid: { type: 'Color', id: 'red' }, attrs: {}, parents: [] }],
  [{ uid: { type: 'Color', id: 'blue' }, attrs: {}, parents: [] }],
  [{ uid: { type: 'Color', id: 'red' }, attrs: { a: 1 }, parents: [] }],
  [{ uid: { type: 'Color', id: 'red' }, attrs: {}, parents: [], tags: { a: 1 } }],
  [{ uid: { type: 'Color', id: 'red' }, attrs: {}, parents: [{ type: 'Org', id: 'x' }] }],
  [{ uid: { type: 'Action', id: 'read' }, attrs: {}, parents: [] }],
  [{ uid: { type: 'Action', id: 'read' }, attrs: {}, parents: [{ type: 'Action', id: 'all' }] }],
  [{ uid: { type: 'Action', id: 'zzz' }, attrs: {}, parents: [] }],
  [
    {
      uid: { type: 'Action', id: 'read' },
      attrs: { a: 1 },
      parents: [{ type: 'Action', id: 'all' }],
    },
  ],
  [
    {
      uid: { type: 'Action', id: 'read' },
      attrs: {},
      parents: [
        { type: 'Action', id: 'all' },
        { type: 'Action', id: 'other' },
      ],
    },
  ],
  [{ uid: { type: 'N::Action', id: 'read' }, attrs: {}, parents: [] }],
  [{ uid: { type: 'Action', id: 'all' }, attrs: {}, parents: [], tags: { a: 1 } }],
  [...U({}), ...U({})],
  [...U({}), ...U({ age: 1 })],
  [
    { uid: { type: 'Group', id: 'a' }, attrs: {}, parents: [{ type: 'Org', id: 'b' }] },
    { uid: { type: 'Org', id: 'b' }, attrs: {}, parents: [] },
  ],
  [
    { uid: { type: 'User', id: 'a' }, attrs: { name: 'a' }, parents: [{ type: 'Group', id: 'b' }] },
    { uid: { type: 'Group', id: 'b' }, attrs: {}, parents: [{ type: 'Org', id: 'c' }] },
  ],
  [{ uid: { type: '', id: 'a' }, attrs: {}, parents: [] }],
  [{ uid: { type: 'a b', id: 'a' }, attrs: {}, parents: [] }],
  [{ uid: { type: 'User', id: 1 }, attrs: {}, parents: [] }],
  {},
  [1],
  U({ age: 9007199254740991 }),
  U({ age: 1e3 }),
  U({ age: -0 }),
  [{ uid: { type: 'Group', id: 'a' }, attrs: [], parents: [] }],
  [{ uid: { type: 'Group', id: 'a' }, attrs: {}, parents: {} }],
];
