/** Random policies as text, with scopes of every form, and the requests they are asked. */
import { expression, type Scene, uidText } from './expressions.ts';
import { randomRecord, randomUid, type Uid } from './world.ts';

const target = ({ chance }: Scene): string => uidText(randomUid(chance));

const scope = (scene: Scene, name: 'principal' | 'resource'): string => {
  const { chance, world } = scene;
  const type = chance.pick(world.types);
  const forms = [
    name,
    name,
    name,
    name,
    `${name} == ${target(scene)}`,
    `${name} in ${target(scene)}`,
    `${name} in ${target(scene)}`,
    `${name} is ${type}`,
    `${name} is ${type} in ${target(scene)}`,
  ];
  return chance.pick(forms);
};

const actionScope = ({ chance, world }: Scene): string => {
  const action = (): string => uidText(chance.pick(world.actions));
  const list = chance.many(0, 3, action).join(', ');
  return chance.pick([
    'action',
    'action',
    `action == ${action()}`,
    `action in ${action()}`,
    `action in [${list}]`,
  ]);
};

export type Template = {
  readonly text: string;
  readonly slots: readonly ('?principal' | '?resource')[];
};

const conditions = (scene: Scene): string => {
  const { chance } = scene;
  return chance
    .many(chance.hits(0.1) ? 0 : 1, 3, () => {
      const body = expression(scene, { kind: 'bool' }, 4);
      return ` ${scene.chance.hits(0.8) ? 'when' : 'unless'} { ${body} }`;
    })
    .join('');
};

const effect = ({ chance }: Scene): string => (chance.hits(0.7) ? 'permit' : 'forbid');

export const policy = (scene: Scene): string =>
  `${effect(scene)}(${scope(scene, 'principal')}, ${actionScope(scene)}, ${scope(scene, 'resource')})${conditions(scene)};`;

/** A template with a slot for the principal, often one for the resource too. */
export const template = (scene: Scene): Template => {
  const { chance, world } = scene;
  const type = chance.pick(world.types);
  const principal = chance.pick(['== ?principal', 'in ?principal', `is ${type} in ?principal`]);
  const hasResource = chance.hits(0.5);
  const resource = hasResource ? 'resource in ?resource' : scope(scene, 'resource');
  return {
    text: `${effect(scene)}(principal ${principal}, ${actionScope(scene)}, ${resource})${conditions(scene)};`,
    slots: hasResource ? ['?principal', '?resource'] : ['?principal'],
  };
};

export type Request = {
  readonly principal: Uid;
  readonly action: Uid;
  readonly resource: Uid;
  readonly context: Record<string, unknown>;
};

export const request = ({ chance, world }: Scene): Request => ({
  principal: randomUid(chance),
  action: chance.pick(world.actions),
  resource: randomUid(chance),
  context: randomRecord(chance, world.context),
});

type Link = {
  readonly templateId: string;
  readonly newId: string;
  readonly values: Record<string, Uid>;
};
export type PolicySet = {
  readonly staticPolicies: Record<string, string> | string;
  readonly templates: Record<string, string>;
  readonly templateLinks: Link[];
};

export const policySet = (scene: Scene): PolicySet => {
  const { chance } = scene;
  const texts = chance.many(1, 10, () => policy(scene));
  const staticPolicies = chance.hits(0.5)
    ? texts.join('\n')
    : Object.fromEntries(texts.map((text, at) => [`p${at}`, text]));
  const templates: Record<string, string> = {};
  const templateLinks: Link[] = [];
  for (let at = 0; chance.hits(0.4) && at < 2; at++) {
    const { text, slots } = template(scene);
    templates[`t${at}`] = text;
    for (const newId of chance.many(0, 2, (link) => `t${at}-${link}`)) {
      const values = Object.fromEntries(slots.map((slot) => [slot, randomUid(chance)]));
      templateLinks.push({ templateId: `t${at}`, newId, values });
    }
  }
  return { staticPolicies, templates, templateLinks };
};
