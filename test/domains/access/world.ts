/** A small world for access tests: two tenants, teams, roles, an endpoint for each. */
import type { AccessRequest, Entity, EntityRef } from '../../../src/domains/access/index.ts';

const refOf = (text: string): EntityRef => {
  const [type = '', id = ''] = text.split('::');
  return { type, id };
};
const role = (id: string): EntityRef => ({ type: 'Role', id });
const team = (id: string): EntityRef => ({ type: 'Team', id });
const refs = (type: string, ...ids: string[]) => ids.map((id) => ({ __entity: { type, id } }));

/** `principal('User::root', [role('admin')])`. */
const principal = (
  name: string,
  parents: readonly EntityRef[],
  attrs: Entity['attrs'] = { tenant: 'north' },
): Entity => ({ uid: refOf(name), attrs, parents });

const endpoint = (id: string, attrs: Entity['attrs']): Entity => ({
  uid: { type: 'Endpoint', id },
  attrs: { tenant: 'north', ...attrs },
  parents: [],
});

export const entities: readonly Entity[] = [
  { uid: team('readers'), attrs: {}, parents: [team('everyone')] },
  { uid: team('everyone'), attrs: {}, parents: [role('guest')] },
  principal('User::root', [role('admin')]),
  principal('User::olga', [role('operator')]),
  principal('User::ada', [role('auditor')]),
  principal('Service::reader', [team('readers')]),
  principal('Agent::helper', [role('analyst')]),
  principal('Service::gate', [role('enforcement-point')]),
  principal('User::gone', [role('admin'), role('analyst')], { tenant: 'north', disabled: true }),
  principal('Service::foreign', [role('analyst')], { tenant: 'south' }),
  endpoint('digits', { allowedRoles: refs('Role', 'analyst') }),
  endpoint('open', { allowedTeams: refs('Team', 'everyone') }),
  endpoint('guests', { allowedRoles: refs('Role', 'guest') }),
  endpoint('closed', {}),
];

/** `ask('User::root', 'infer Endpoint::digits')`. */
export const ask = (
  who: string,
  deed: string,
  context: AccessRequest['context'] = {},
): AccessRequest => {
  const [action = '', what = ''] = deed.split(' ');
  return { principal: refOf(who), action, resource: refOf(what), context };
};

export const admin: EntityRef = { type: 'User', id: 'root' };
export const permitAll = [{ file: 'all.cedar', text: 'permit (principal, action, resource);' }];
