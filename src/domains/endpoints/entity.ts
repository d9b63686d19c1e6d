/** An endpoint as policies see it. Names are unique per tenant, entity ids over all tenants. */
import type { CedarValue, Entity, EntityRef } from '../access/index.ts';
import type { Endpoint } from './endpoint.ts';

const defaultTenant = 'default';

/** The entity id: the name itself for the default tenant, `tenant/name` for others. */
export const entityRefOf = ({ tenant, name }: Pick<Endpoint, 'tenant' | 'name'>): EntityRef => ({
  type: 'Endpoint',
  id: tenant === defaultTenant ? name : `${tenant}/${name}`,
});

const references = (type: string, ids: readonly string[]): readonly CedarValue[] =>
  ids.map((id) => ({ __entity: { type, id } }));

export const entityOf = (endpoint: Endpoint): Entity => ({
  uid: entityRefOf(endpoint),
  attrs: {
    protocol: endpoint.protocol,
    mode: endpoint.mode,
    audit: endpoint.audit,
    tenant: endpoint.tenant,
    allowedRoles: references('Role', endpoint.allowedRoles),
    allowedTeams: references('Team', endpoint.allowedTeams),
  },
  parents: [],
});
