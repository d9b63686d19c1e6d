/** The names a schema declares, and the rule that none hides another. */
import { uidKey } from './model.ts';
import { problem, type SchemaProblem, schemaCodes } from './errors.ts';
import type { RawAction, RawCommonType, RawEntityType, SchemaFragment } from './fragment.ts';
import { qualify } from './names.ts';

type Declared<T> = { readonly namespace: string; readonly name: string; readonly raw: T };

/** All that is declared, by full name; actions by the key of their uid. */
export type Declarations = {
  readonly commonTypes: ReadonlyMap<string, Declared<RawCommonType>>;
  readonly entityTypes: ReadonlyMap<string, Declared<RawEntityType>>;
  readonly actions: ReadonlyMap<string, Declared<RawAction>>;
  readonly actionTypes: ReadonlySet<string>;
};

export const collectDeclarations = (fragment: SchemaFragment): Declarations => {
  const commonTypes = new Map<string, Declared<RawCommonType>>();
  const entityTypes = new Map<string, Declared<RawEntityType>>();
  const actions = new Map<string, Declared<RawAction>>();
  const actionTypes = new Set<string>();
  for (const [namespace, content] of fragment) {
    for (const [name, raw] of content.commonTypes)
      commonTypes.set(qualify(namespace, name), { namespace, name, raw });
    for (const [name, raw] of content.entityTypes)
      entityTypes.set(qualify(namespace, name), { namespace, name, raw });
    const type = qualify(namespace, 'Action');
    if (content.actions.size > 0) actionTypes.add(type);
    for (const [name, raw] of content.actions)
      actions.set(uidKey({ type, id: name }), { namespace, name, raw });
  }
  return { commonTypes, entityTypes, actions, actionTypes };
};

const shadowProblem = (
  { namespace, name, raw }: Declared<RawCommonType | RawEntityType | RawAction>,
  what: string,
): SchemaProblem =>
  problem(
    schemaCodes.shadowing,
    `${what} \`${name}\` of the namespace \`${namespace}\` hides the one of the unnamed namespace`,
    { span: raw.span, help: 'rename one of them, or move the other into a namespace' },
  );

/** A type or action of a namespace may not have the name of one of the unnamed namespace. */
export const findShadowing = (declared: Declarations): readonly SchemaProblem[] => {
  const { commonTypes, entityTypes, actions } = declared;
  const problems: SchemaProblem[] = [];
  for (const item of [...commonTypes.values(), ...entityTypes.values()]) {
    const isHiding = commonTypes.has(item.name) || entityTypes.has(item.name);
    if (item.namespace !== '' && isHiding) problems.push(shadowProblem(item, 'the type'));
  }
  for (const item of actions.values())
    if (item.namespace !== '' && actions.has(uidKey({ type: 'Action', id: item.name })))
      problems.push(shadowProblem(item, 'the action'));
  return problems;
};

/** The full names that a name may mean in a namespace, nearest first. */
export const candidatesOf = (name: string, namespace: string): readonly string[] =>
  namespace === '' || name.includes('::') ? [name] : [qualify(namespace, name), name];
