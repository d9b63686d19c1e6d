/** More schemas in the JSON notation: actions and namespaces; the oracle says which are good. */
type Json = Readonly<Record<string, unknown>>;
const X = (a: unknown, o: Json = {}): Json => ({
  '': { entityTypes: { A: {}, ...o }, actions: a },
});

export const jsonActions: readonly unknown[] = [
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
