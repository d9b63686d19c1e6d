/** Schemas in the JSON notation, good and bad; the oracle says which. */
type Json = Readonly<Record<string, unknown>>;
const E = (x: unknown, o: Json = {}): Json => ({
  '': { entityTypes: { A: x, ...o }, actions: {} },
});
const T = (x: unknown, o: Json = {}): Json => ({
  '': {
    commonTypes: o,
    entityTypes: { A: { shape: { type: 'Record', attributes: { a: x } } } },
    actions: {},
  },
});
const C = (c: unknown, o: Json = {}): Json => ({
  '': { commonTypes: c, entityTypes: { A: {}, ...o }, actions: {} },
});
const X = (a: unknown, o: Json = {}): Json => ({
  '': { entityTypes: { A: {}, ...o }, actions: a },
});

export const jsonSchemas: readonly unknown[] = [
  {},
  { '': {} },
  { '': { entityTypes: {} } },
  { '': { entityTypes: {}, actions: {} } },
  { '': { entityTypes: {}, actions: {}, foo: 1 } },
  { 'a b': { entityTypes: {}, actions: {} } },
  { __cedar: { entityTypes: {}, actions: {} } },
  { 'A::': { entityTypes: {}, actions: {} } },
  E({}),
  E({ foo: 1 }),
  E({ memberOfTypes: [] }),
  E({ memberOfTypes: ['A'] }),
  E({ memberOfTypes: ['B'] }),
  E({ memberOfTypes: 'A' }),
  E({ memberOfTypes: ['A A'] }),
  E({ shape: { type: 'Record', attributes: {} } }),
  E({ shape: { type: 'Record', attributes: {}, additionalAttributes: true } }),
  E({ shape: { type: 'Record', attributes: {}, additionalAttributes: false } }),
  E({ shape: { type: 'Record' } }),
  E({ shape: { type: 'Long' } }),
  E({ shape: { type: 'R' } }),
  E({ tags: { type: 'Long' } }),
  E({ tags: null }),
  E({ shape: null }),
  E({ enum: ['a'] }),
  E({ enum: [] }),
  E({ enum: ['a'], memberOfTypes: [] }),
  E({ enum: ['a'], shape: { type: 'Record', attributes: {} } }),
  E({ enum: ['a'], annotations: {} }),
  E({ annotations: { a: 'b', b: null, c: '' } }),
  E({ annotations: { a: 1 } }),
  E({ annotations: { 'a b': '' } }),
  E({
    shape: {
      type: 'Record',
      attributes: { a: { type: 'Long', required: false }, b: { type: 'Long', required: 'x' } },
    },
  }),
  E({ shape: { type: 'Record', attributes: { a: { type: 'Long', annotations: { x: 'y' } } } } }),
  T({ type: 'Long' }),
  T({ type: 'Long', foo: 1 }),
  T({ type: 'Bool' }),
  T({ type: 'Boolean' }),
  T({ type: 'String', element: { type: 'Long' } }),
  T({ type: 'Set' }),
  T({ type: 'Set', element: { type: 'Long' } }),
  T({ type: 'Set', element: { type: 'Long', required: true } }),
  T({ type: 'Set', element: { type: 'Long' }, attributes: {} }),
  T({ type: 'Entity' }),
  T({ type: 'Entity', name: 'A' }),
  T({ type: 'Entity', name: 'B' }),
  T({ type: 'EntityOrCommon', name: 'A' }),
  T({ type: 'EntityOrCommon', name: 'Long' }),
  T({ type: 'EntityOrCommon', name: 'Zed' }),
  T({ type: 'A' }),
  T({ type: 'X' }),
  T({ type: 'X' }, { X: { type: 'Long' } }),
  T({ type: 'CommonType', name: 'X' }, { X: { type: 'Long' } }),
  T({ type: 'Extension', name: 'ipaddr' }),
  T({ type: 'Extension', name: 'ip' }),
  T({ type: 'Extension', name: 'ipadd' }),
  T({ type: 'Extension', name: '__cedar::ipaddr' }),
  T({ type: 'ipaddr' }),
  T({ type: '__cedar::ipaddr' }),
  T({ type: '__cedar::Long' }),
  T({ type: '__cedar::Bool' }),
  T({ type: 'long' }),
  T({ type: 'Record', attributes: {} }),
  T({ type: 'X', name: 'Y' }, { X: { type: 'Long' } }),
  T({ type: 'X', element: { type: 'Long' } }, { X: { type: 'Long' } }),
  T('Long'),
  T({}),
  T({ type: 1 }),
  T({ type: '' }),
  T({ type: 'a b' }),
  T({ type: 'Extension' }),
  T({ type: 'Extension', name: 'decimal', required: false }),
  T({ type: 'EntityOrCommon', name: 'ipaddr' }),
  T({ type: 'EntityOrCommon', name: '__cedar::ipaddr' }),
  T({ type: 'Entity', name: '__cedar::ipaddr' }),
  T({ type: 'Entity', name: 'Long' }),
  C({ Long: { type: 'String' } }),
  C({ Bool: { type: 'String' } }),
  C({ Boolean: { type: 'String' } }),
  C({ Entity: { type: 'String' } }),
  C({ Set: { type: 'Long' } }),
  C({ EntityOrCommon: { type: 'Long' } }),
  C({ ipaddr: { type: 'Long' } }),
  C({ X: { type: 'X' } }),
  C({ X: { type: 'Set', element: { type: 'X' } } }),
  C({ 'N::X': { type: 'Long' } }),
  C({ in: { type: 'Long' } }),
  C({ __cedar: { type: 'Long' } }),
  C({ A: { type: 'Long' } }),
  C({ X: { type: 'Long', annotations: { a: 'b' } } }),
  C({ X: { type: 'Long', required: true } }),
  C({ Z: { type: 'Long' } }, { Action: {} }),
  C({ Action: { type: 'Long' } }),
  X({ a: {} }),
  X({ a: null }),
  X({ a: { memberOf: [{ id: 'a' }] } }),
  X({ a: { memberOf: [{ id: 'b' }] } }),
  X({ a: { memberOf: [{ id: 'b' }] }, b: {} }),
  X({ a: { memberOf: [{ id: 'b', type: 'Action' }] }, b: {} }),
  X({ a: { memberOf: [{ id: 'b', type: 'A' }] }, b: {} }),
  X({ a: { memberOf: [{ id: 'b', type: 'N::Action' }] }, b: {} }),
  X({ a: { memberOf: null } }),
  X({ a: { memberOf: [] } }),
  X({ a: { memberOf: ['b'] }, b: {} }),
  X({ a: { appliesTo: null } }),
  X({ a: { appliesTo: {} } }),
  X({ a: { appliesTo: { principalTypes: [] } } }),
  X({ a: { appliesTo: { principalTypes: [], resourceTypes: [] } } }),
  X({ a: { appliesTo: { principalTypes: ['A'], resourceTypes: ['A'] } } }),
  X({ a: { appliesTo: { principalTypes: ['A'], resourceTypes: [] } } }),
  X({ a: { appliesTo: { principalTypes: ['A', 'A'], resourceTypes: ['A'] } } }),
  X({ a: { appliesTo: { principalTypes: ['B'], resourceTypes: ['A'] } } }),
  X({
    a: {
      appliesTo: {
        principalTypes: ['A'],
        resourceTypes: ['A'],
        context: { type: 'Record', attributes: {} },
      },
    },
  }),
  X({
    a: { appliesTo: { principalTypes: ['A'], resourceTypes: ['A'], context: { type: 'Long' } } },
  }),
  X({ a: { appliesTo: { principalTypes: ['A'], resourceTypes: ['A'], foo: 1 } } }),
  X({ a: { attributes: {} } }),
  X({ a: { attributes: { x: 1 } } }),
  X({ a: { attributes: null } }),
  X({ a: { foo: 1 } }),
  X({ '': {} }),
  X({ a: { annotations: { a: '' } } }),
  X({ a: { appliesTo: { principalTypes: ['Action'], resourceTypes: ['A'] } } }),
  {
    N: {
      entityTypes: {
        A: {
          shape: {
            type: 'Record',
            attributes: { x: { type: 'Entity', name: 'A' }, y: { type: 'Entity', name: 'N::A' } },
          },
        },
      },
      actions: { a: { memberOf: [{ id: 'b', type: 'N::Action' }] }, b: {} },
    },
  },
  {
    N: {
      entityTypes: { A: {} },
      actions: { a: { memberOf: [{ id: 'b', type: 'Action' }] }, b: {} },
    },
  },
  {
    N: { entityTypes: { A: {} }, actions: { a: { memberOf: [{ id: 'b', type: 'Action' }] } } },
    '': { entityTypes: {}, actions: { b: {} } },
  },
  { N: { entityTypes: { A: {} }, actions: {}, annotations: { x: 'y' } } },
  { '': { entityTypes: { A: {} }, actions: {}, annotations: { x: 'y' } } },
  { N: { entityTypes: { 'A::B': {} }, actions: {} } },
  { N: { entityTypes: { in: {} }, actions: {} } },
  { N: { entityTypes: {}, actions: {} }, ' N': { entityTypes: {}, actions: {} } },
  { N: { entityTypes: null, actions: {} } },
  { N: { entityTypes: [], actions: {} } },
  { N: { entityTypes: {}, actions: {}, commonTypes: null } },
  [],
  null,
  1,
  true,
  ,
  {
    '': {
      commonTypes: { T: { type: 'EntityOrCommon', name: 'Boolean' } },
      entityTypes: {},
      actions: {},
    },
  },
  { '': { commonTypes: { T: { type: '__cedar::Boolean' } }, entityTypes: {}, actions: {} } },
  {
    '': {
      commonTypes: {
        T: {
          type: 'Record',
          attributes: {
            a: { type: 'Set', element: { type: 'Long' }, required: false, annotations: { q: 'r' } },
          },
        },
      },
      entityTypes: {},
      actions: {},
    },
  },
  {
    '': {
      commonTypes: { T: { type: 'Set', element: { type: 'Long', annotations: {} } } },
      entityTypes: {},
      actions: {},
    },
  },
  {
    '': {
      entityTypes: { A: { shape: { type: 'Record', attributes: {}, annotations: {} } } },
      actions: {},
    },
  },
  {
    '': {
      entityTypes: { A: { shape: { type: 'Record', attributes: {}, required: true } } },
      actions: {},
    },
  },
  { '': { entityTypes: { A: { shape: { type: 'Record', attributes: null } } }, actions: {} } },
  {
    '': {
      entityTypes: { A: { shape: { type: 'Record', attributes: {}, name: null } } },
      actions: {},
    },
  },
  {
    '': {
      entityTypes: { A: { shape: { type: 'Record', attributes: {}, additionalAttributes: null } } },
      actions: {},
    },
  },
  { '': { entityTypes: { A: { enum: null } }, actions: {} } },
  { '': { entityTypes: { A: { enum: [1] } }, actions: {} } },
  { '': { entityTypes: { A: { memberOfTypes: null } }, actions: {} } },
  {
    '': {
      entityTypes: { A: {} },
      actions: { a: { appliesTo: { principalTypes: ['A'], resourceTypes: ['A'], context: null } } },
    },
  },
  {
    '': {
      entityTypes: { A: {} },
      actions: { a: { appliesTo: { principalTypes: null, resourceTypes: ['A'] } } },
    },
  },
  {
    '': { entityTypes: { A: {} }, actions: { a: { memberOf: [{ id: 'b', type: null }] }, b: {} } },
  },
  { '': { entityTypes: { A: {} }, actions: { a: { memberOf: [{ id: 'b', foo: 1 }] }, b: {} } } },
  { '': { entityTypes: { A: {} }, actions: { a: { memberOf: [{ id: 'b', __extn: 1 }] }, b: {} } } },
  { '': { entityTypes: { A: {} }, actions: { a: { annotations: null } } } },
  { '': { entityTypes: { A: {} }, annotations: {}, actions: {} } },
  { N: { entityTypes: { A: {} }, annotations: null, actions: {} } },
  { '': { entityTypes: { A: { memberOfTypes: ['__cedar::B'] } }, actions: {} } },
  { '': { entityTypes: { A: { memberOfTypes: ['in'] } }, actions: {} } },
  {
    '': {
      entityTypes: {
        A: {
          shape: {
            type: 'Record',
            attributes: { a: { type: 'Record', attributes: {}, additionalAttributes: true } },
          },
        },
      },
      actions: {},
    },
  },
  {
    '': {
      entityTypes: { A: { shape: { type: 'T' } } },
      commonTypes: { T: { type: 'Record', attributes: {} } },
      actions: {},
    },
  },
  {
    '': {
      entityTypes: {
        A: {
          shape: {
            type: 'Record',
            attributes: {
              a: { type: 'T' },
              b: { type: 'Entity', name: 'A' },
              c: { type: 'EntityOrCommon', name: 'T' },
              d: { type: 'Extension', name: 'decimal' },
              'e f': { type: 'Long', required: false },
            },
          },
          tags: { type: 'Bool' },
          memberOfTypes: ['A'],
        },
      },
      commonTypes: { T: { type: 'Record', attributes: {} } },
      actions: {
        a: {},
        in: {
          appliesTo: { principalTypes: ['A'], resourceTypes: ['A'], context: { type: 'T' } },
          memberOf: [{ id: 'a' }],
        },
      },
    },
  },
  {
    '': {
      entityTypes: {
        A: {},
        B: { shape: { type: 'Record', attributes: { a: { type: 'Entity', name: 'A' } } } },
      },
      commonTypes: { A: { type: 'Long' } },
      actions: {},
    },
  },
  {
    '': {
      entityTypes: { A: {} },
      actions: { a: { appliesTo: { principalTypes: [], resourceTypes: ['A'] } } },
    },
  },
  {
    N: { entityTypes: { A: { annotations: { a: 'x', b: null } } }, actions: { a: {} } },
    '': {
      entityTypes: { C: { enum: ['x'] } },
      actions: { b: { memberOf: [{ id: 'a', type: 'N::Action' }] } },
    },
  },
];
