/** A small schema, policies over it, and every request over a few small worlds. */
import assert from 'node:assert/strict';
import {
  isCedarErrors,
  isSchemaProblems,
  parsePolicies,
  readSchema,
  type Schema,
} from '../../../src/engines/cedar/index.ts';
import type { AnalysedSet } from '../../../src/engines/policy-analysis/index.ts';

export const schemaText = `
entity Role enum ["admin", "guest"];
entity Org;
entity Team in [Team, Org];
entity User in [Team] = {
  level: Long, name?: String, boss?: User, badges?: Set<String>, home?: { zone: String, floor?: Long },
} tags Long;
entity Doc in [Org] = { owner?: User, readers?: Set<Team>, open: Bool, limit: Long };
action "any";
action "read", "write" in ["any"] appliesTo {
  principal: [User], resource: [Doc],
  context: { n?: Long, word?: String, at?: datetime, from?: ipaddr, cost?: decimal, role?: Role, words?: Set<String> },
};
action "join" appliesTo { principal: [User, Team], resource: [Org], context: {} };
`;

export const readTestSchema = (text = schemaText): Schema => {
  const schema = readSchema(text);
  if (isSchemaProblems(schema)) assert.fail(schema[0]?.message ?? '');
  return schema;
};

export const policiesOf = (text: string): AnalysedSet => {
  const parsed = parsePolicies(text);
  if (isCedarErrors(parsed)) assert.fail(parsed[0]?.message ?? '');
  return parsed.policies;
};

const ref = (type: string, id: string) => ({ __entity: { type, id } });

/** Worlds that differ in what exists, who is in what, and the attributes. */
export const worlds: readonly (readonly object[])[] = [
  [],
  [
    { uid: { type: 'Team', id: 't' }, attrs: {}, parents: [{ type: 'Org', id: 'o' }] },
    {
      uid: { type: 'User', id: 'a' },
      attrs: { level: 1, name: 'ann', badges: ['x'], home: { zone: 'eu' } },
      parents: [{ type: 'Team', id: 't' }],
      tags: { k: 1 },
    },
    { uid: { type: 'User', id: 'b' }, attrs: { level: 9, boss: ref('User', 'a') }, parents: [] },
    {
      uid: { type: 'Doc', id: 'd' },
      attrs: { owner: ref('User', 'a'), readers: [ref('Team', 't')], open: false, limit: 5 },
      parents: [{ type: 'Org', id: 'o' }],
    },
    { uid: { type: 'Doc', id: 'e' }, attrs: { open: true, limit: -1 }, parents: [] },
  ],
  [
    { uid: { type: 'Team', id: 's' }, attrs: {}, parents: [{ type: 'Team', id: 't' }] },
    {
      uid: { type: 'User', id: 'a' },
      attrs: { level: 9223372036854775807n, badges: [], home: { zone: 'us', floor: 2 } },
      parents: [{ type: 'Team', id: 's' }],
    },
    {
      uid: { type: 'User', id: 'b' },
      attrs: { level: 0, name: 'x*y', badges: ['x', 'y'] },
      parents: [{ type: 'Team', id: 't' }],
      tags: { k: 0 },
    },
    { uid: { type: 'Doc', id: 'd' }, attrs: { readers: [], open: true, limit: 0 }, parents: [] },
    {
      uid: { type: 'Doc', id: 'e' },
      attrs: { owner: ref('User', 'b'), readers: [ref('Team', 's')], open: false, limit: 9 },
      parents: [],
    },
  ],
];

const contexts: readonly object[] = [
  {},
  { n: 3, word: 'ann', role: ref('Role', 'admin'), words: ['x', 'ann'] },
  {
    n: -9223372036854775808n,
    word: '',
    at: { __extn: { fn: 'datetime', arg: '2026-01-01T09:00:00Z' } },
    from: { __extn: { fn: 'ip', arg: '10.1.0.0/16' } },
    cost: { __extn: { fn: 'decimal', arg: '0.5' } },
    words: [],
  },
  { from: { __extn: { fn: 'ip', arg: '::1' } }, role: ref('Role', 'guest'), word: 'eu-x' },
];

const users = ['a', 'b'].map((id) => ({ type: 'User', id }));
const action = (id: string) => ({ type: 'Action', id });

export const requests = [
  ...users.flatMap((principal) =>
    ['d', 'e'].flatMap((id) =>
      ['read', 'write'].flatMap((verb) =>
        contexts.map((context) => ({
          principal,
          action: action(verb),
          resource: { type: 'Doc', id },
          context,
        })),
      ),
    ),
  ),
  ...[...users, { type: 'Team', id: 's' }].map((principal) => ({
    principal,
    action: action('join'),
    resource: { type: 'Org', id: 'o' },
    context: {},
  })),
];
