/** Which teams a principal is in, directly or through other teams; for budgets of teams. */
import type { Access, EntityRef } from '../../domains/access/index.ts';

export type Teams = { readonly of: (principal: EntityRef) => readonly string[] };

const maxEntries = 10_000;
const maxTeams = 256;

const climb = (access: Pick<Access, 'getEntity'>, principal: EntityRef): readonly string[] => {
  const teams = new Set<string>();
  const open: EntityRef[] = [principal];
  for (let entity = open.pop(); entity !== undefined; entity = open.pop()) {
    for (const parent of access.getEntity(entity)?.parents ?? []) {
      if (parent.type !== 'Team' || teams.has(parent.id) || teams.size >= maxTeams) continue;
      teams.add(parent.id);
      open.push(parent);
    }
  }
  return [...teams];
};

/** Remembers answers until anything in the entity graph changes. */
export const createTeams = (access: Pick<Access, 'getEntity' | 'revision'>): Teams => {
  const known = new Map<string, readonly string[]>();
  let revision = -1;
  return {
    of: (principal) => {
      const current = access.revision();
      if (current !== revision || known.size >= maxEntries) known.clear();
      revision = current;
      const key = `${principal.type}::${principal.id}`;
      return known.getOrInsertComputed(key, () => climb(access, principal));
    },
  };
};
