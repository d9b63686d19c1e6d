/** The search scenarios of the AuthZEN interop, with the rules of fixture.json as Cedar. */
import type { Entity } from '../../../src/domains/access/index.ts';
import type { World } from './decision-point.ts';

export type SearchFixture = {
  readonly search: {
    readonly users: Readonly<
      Record<string, { readonly role: string; readonly department: string }>
    >;
    readonly records: Readonly<
      Record<string, { readonly department: string; readonly owner: string }>
    >;
  };
};

const schema = `
  entity User { role: String, department: String };
  entity Record { owner: User, department: String };
  action view, edit, "delete" appliesTo { principal: [User], resource: [Record] };`;

const policies = `
  @id("owners-do-everything")
  permit (principal, action, resource is Record) when { resource.owner == principal };
  @id("departments-view")
  permit (principal is User, action == Action::"view", resource is Record)
    when { principal.department == resource.department };
  @id("managers-view")
  permit (principal is User, action == Action::"view", resource)
    when { principal.role == "manager" };
  @id("managers-edit-their-department")
  permit (principal is User, action == Action::"edit", resource is Record)
    when { principal.role == "manager" && principal.department == resource.department };`;

export const searchWorld = ({ search }: SearchFixture): World => ({
  schema,
  policies,
  types: { record: 'Record' },
  publicUrl: 'https://pdp.test',
  entities: [
    ...Object.entries(search.users).map(
      ([id, attrs]): Entity => ({ uid: { type: 'User', id }, attrs, parents: [] }),
    ),
    ...Object.entries(search.records).map(
      ([id, { owner, department }]): Entity => ({
        uid: { type: 'Record', id },
        attrs: { owner: { __entity: { type: 'User', id: owner } }, department },
        parents: [],
      }),
    ),
  ],
});
