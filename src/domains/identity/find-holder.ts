/** Whose a SPIFFE ID is: its principal's, or that of the group which it is an instance of. */
import type { Kysely } from 'kysely';
import type { SpiffeId } from '../../kernel/ids.ts';
import { findGroupPrincipal } from './entries/store.ts';
import { findPrincipal, findPrincipalBySpiffeId } from './principal-store.ts';
import type { IdentityTables } from './schema.ts';
import type { Principal } from './types.ts';

/** The principal whom policies see behind this SPIFFE ID; asked of the tables each time. */
export const findHolder = async (
  db: Kysely<IdentityTables>,
  id: SpiffeId,
): Promise<Principal | undefined> => {
  const own = await findPrincipalBySpiffeId(db, id);
  const group = id.slice(0, id.lastIndexOf('/')) as SpiffeId;
  if (own !== undefined || group.length <= 'spiffe://'.length) return own;
  const principal = await findGroupPrincipal(db, group);
  return principal === undefined ? undefined : findPrincipal(db, principal);
};
