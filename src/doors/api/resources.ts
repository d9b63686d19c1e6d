/** Resources in guards: the control plane itself, the caller, and endpoints of the caller's tenant. */
import { entityRefOf } from '../../domains/endpoints/index.ts';
import type { VerifiedIdentity } from '../../domains/identity/index.ts';
import type { PathParams, ResourceRef } from '../../platform/http/index.ts';

export const theSystem: ResourceRef = { type: 'System', id: 'sallyport' };

const callerType = 'Caller';
/** Stands for whoever calls; policies then see the principal itself. */
export const theCaller: ResourceRef = { type: callerType, id: 'self' };

/** Guards routes for attested agents alone: no policy lets anybody else in. */
export const theAgent: ResourceRef = { type: 'AttestedAgent', id: 'self' };

/** The endpoint named by the path, in the tenant of the caller. */
export const namedEndpoint = ({ name }: PathParams): ResourceRef => ({
  type: 'Endpoint',
  id: name ?? '',
});

/** The resource as policies know it, once the caller is known. */
export const resourceFor = (resource: ResourceRef, identity: VerifiedIdentity): ResourceRef => {
  if (resource.type === callerType) return identity.principal;
  if (resource.type === theAgent.type) return theSystem;
  if (resource.type === 'Endpoint')
    return entityRefOf({ tenant: identity.tenant, name: resource.id });
  return resource;
};
