/** The todo and gateway scenarios of the AuthZEN interop, with the rules of fixture.json as Cedar. */
import type { Entity, EntityRef } from '../../../src/domains/access/index.ts';
import type { World } from './decision-point.ts';

export type TodoFixture = {
  readonly todo: {
    readonly users: Readonly<
      Record<string, { readonly name: string; readonly roles: readonly string[] }>
    >;
  };
};

const schema = `
  entity Role in [Role];
  entity User in [Role] { email?: String };
  entity Todo { ownerID?: String };
  entity Route;
  action can_read_user appliesTo { principal: [User], resource: [User] };
  action can_read_todos, can_create_todo, can_update_todo, can_delete_todo appliesTo {
    principal: [User], resource: [Todo] };
  action GET, POST, PUT, DELETE appliesTo { principal: [User], resource: [Route] };`;

const policies = `
  @id("viewers-read")
  permit (principal in Role::"viewer", action in [Action::"can_read_user", Action::"can_read_todos"], resource);
  @id("editors-create")
  permit (principal in Role::"editor", action == Action::"can_create_todo", resource);
  @id("editors-change-their-own")
  permit (principal in Role::"editor", action in [Action::"can_update_todo", Action::"can_delete_todo"], resource)
    when { principal has email && resource has ownerID && principal.email == resource.ownerID };
  @id("admins-delete-any")
  permit (principal in Role::"admin", action == Action::"can_delete_todo", resource);
  @id("evil-geniuses-update-any")
  permit (principal in Role::"evil_genius", action == Action::"can_update_todo", resource);
  @id("viewers-get")
  permit (principal in Role::"viewer", action == Action::"GET", resource);
  @id("editors-send")
  permit (principal in Role::"editor", action in [Action::"POST", Action::"PUT", Action::"DELETE"], resource);`;

const role = (id: string): EntityRef => ({ type: 'Role', id });
const roles: readonly Entity[] = [
  { uid: role('editor'), attrs: {}, parents: [role('viewer')] },
  { uid: role('admin'), attrs: {}, parents: [role('editor')] },
  { uid: role('evil_genius'), attrs: {}, parents: [role('editor')] },
];

/** As the cases write them. fixture.json gives the Smiths addresses of the citadel, which case 23 contradicts. */
const emails: Readonly<Record<string, string>> = {
  rick: 'rick@the-citadel.com',
  morty: 'morty@the-citadel.com',
  summer: 'summer@the-smiths.com',
  beth: 'beth@the-smiths.com',
  jerry: 'jerry@the-smiths.com',
};

export const todoWorld = ({ todo }: TodoFixture): World => ({
  schema,
  policies,
  types: { identity: 'User', todo: 'Todo', route: 'Route' },
  entities: [
    ...roles,
    ...Object.entries(todo.users).map(([id, { name, roles: names }]) => ({
      uid: { type: 'User', id },
      attrs: { email: emails[name] ?? name },
      parents: names.map(role),
    })),
  ],
});
