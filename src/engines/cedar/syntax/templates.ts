/** Templates: which slots a policy has, and filling them. */
import type { EntityUid, PolicyNode, ScopeConstraint, Slot } from '../ast.ts';
import { excerpt } from './cursor.ts';
import { type CedarError, syntaxCodes } from './errors.ts';
import { isTypeName } from './names.ts';

export type SlotValues = { readonly [slot in Slot]?: EntityUid };

const slotOf = (constraint: ScopeConstraint): Slot | undefined => {
  if (constraint.kind === 'any') return undefined;
  const target = constraint.kind === 'is' ? constraint.in : constraint.entity;
  return target !== undefined && 'slot' in target ? target.slot : undefined;
};

/** The slots of a policy, principal first; none for a static policy. */
export const slotsOf = (node: PolicyNode): readonly Slot[] =>
  [slotOf(node.principal), slotOf(node.resource)].filter((slot) => slot !== undefined);

/** True for a policy with a slot in its scope: it decides nothing until it is linked. */
export const isTemplate = (node: PolicyNode): boolean =>
  slotOf(node.principal) !== undefined || slotOf(node.resource) !== undefined;

const fill = (constraint: ScopeConstraint, values: SlotValues): ScopeConstraint => {
  const slot = slotOf(constraint);
  const uid = slot === undefined ? undefined : values[slot];
  if (uid === undefined || constraint.kind === 'any') return constraint;
  return constraint.kind === 'is' ? { ...constraint, in: uid } : { ...constraint, entity: uid };
};

const linkError = (message: string): readonly CedarError[] => [{ code: syntaxCodes.link, message }];

/** Fills every slot of a template; the values must be those the template has, no more, no less. */
export const linkTemplate = (
  node: PolicyNode,
  values: SlotValues,
): { readonly node: PolicyNode } | readonly CedarError[] => {
  const slots: readonly string[] = slotsOf(node);
  if (slots.length === 0) return linkError('this policy has no slot to fill');
  for (const slot of slots)
    if (!Object.hasOwn(values, slot)) return linkError(`no value for the slot ${slot}`);
  for (const [slot, uid] of Object.entries(values)) {
    if (!slots.includes(slot)) return linkError(`the template has no slot ${excerpt(slot)}`);
    if (uid === undefined || !isTypeName(uid.type))
      return linkError(`\`${excerpt(uid?.type ?? '')}\` is not the name of an entity type`);
  }
  const linked: PolicyNode = {
    ...node,
    principal: fill(node.principal, values),
    resource: fill(node.resource, values),
  };
  return { node: linked };
};
