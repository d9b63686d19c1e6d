/**
 * The scope of a policy (`principal in Role::"admin"`, `action == …`) as a test that we answer
 * ourselves. Scopes name constants only, so a scope never fails to evaluate: it matches or not.
 */
import { entityKey, formatEntity } from './entity-graph.ts';
import type { EntityRef } from './types.ts';

export type ScopeTest =
  | { readonly op: 'all' }
  | { readonly op: '=='; readonly key: string; readonly text: string }
  | { readonly op: 'in'; readonly keys: readonly string[]; readonly text: string }
  | { readonly op: 'is'; readonly type: string; readonly text: string }
  | { readonly op: 'is-in'; readonly type: string; readonly key: string; readonly text: string };

export type Scope = {
  readonly principal: ScopeTest;
  readonly action: ScopeTest;
  readonly resource: ScopeTest;
};

/** An entity asked about, with everything it is in. */
export type Subject = {
  readonly ref: EntityRef;
  readonly key: string;
  readonly ancestors: ReadonlyMap<string, EntityRef>;
};

type JsonRef = EntityRef | { readonly __entity: EntityRef };
/** A scope constraint of Cedar's JSON policy format. */
export type JsonConstraint = {
  readonly op: string;
  readonly entity?: JsonRef;
  readonly entities?: readonly JsonRef[];
  readonly entity_type?: string;
  readonly in?: { readonly entity?: JsonRef };
  readonly slot?: string;
};

const refOf = (json: JsonRef): EntityRef => ('__entity' in json ? json.__entity : json);

/** Reads a constraint; undefined for those with a template slot or of an unknown form. */
export const readScopeTest = (json: JsonConstraint): ScopeTest | undefined => {
  const refs = (json.entities ?? (json.entity === undefined ? [] : [json.entity])).map(refOf);
  const first = refs[0];
  if (json.op === 'All') return { op: 'all' };
  if (json.op === '==' && first !== undefined)
    return { op: '==', key: entityKey(first), text: `== ${formatEntity(first)}` };
  if (json.op === 'in' && json.slot === undefined)
    return {
      op: 'in',
      keys: refs.map(entityKey),
      text: `in ${refs.length === 1 ? formatEntity(refs[0] as EntityRef) : `[${refs.map(formatEntity).join(', ')}]`}`,
    };
  if (json.op !== 'is' || json.entity_type === undefined) return undefined;
  const type = json.entity_type;
  if (json.in === undefined) return { op: 'is', type, text: `is ${type}` };
  if (json.in.entity === undefined) return undefined;
  const group = refOf(json.in.entity);
  const text = `is ${type} in ${formatEntity(group)}`;
  return { op: 'is-in', type, key: entityKey(group), text };
};

const isIn = (subject: Subject, key: string): boolean =>
  subject.key === key || subject.ancestors.has(key);

/** True when the subject passes the test. */
export const passes = (test: ScopeTest, subject: Subject): boolean => {
  switch (test.op) {
    case 'all':
      return true;
    case '==':
      return subject.key === test.key;
    case 'in':
      return test.keys.some((key) => isIn(subject, key));
    case 'is':
      return subject.ref.type === test.type;
    case 'is-in':
      return subject.ref.type === test.type && isIn(subject, test.key);
  }
};

/** The keys one of which a passing subject has as its own or among its ancestors; none: any subject. */
export const keysOf = (test: ScopeTest): readonly string[] | undefined => {
  if (test.op === '==' || test.op === 'is-in') return [test.key];
  return test.op === 'in' ? test.keys : undefined;
};
