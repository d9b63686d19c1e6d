/** Policies in any form Cedar has them, as trees, with templates linked and ids settled. */
import type { PolicyNode } from '../ast.ts';
import { type CedarError, isCedarErrors, syntaxCodes } from '../syntax/errors.ts';
import { policiesFromJson } from '../syntax/json-policies.ts';
import { parsePolicies } from '../syntax/parse-policies.ts';
import { isTemplate, linkTemplate, type SlotValues } from '../syntax/templates.ts';

/** Makes a policy of a template. */
export type TemplateLink = {
  readonly templateId: string;
  readonly newId: string;
  readonly values: SlotValues;
};

export type StoredPolicy = {
  readonly id: string;
  readonly node: PolicyNode;
  /** The template it was linked from. */
  readonly templateId?: string;
};

export type PolicySources = {
  /** Those that decide. */
  readonly policies: readonly StoredPolicy[];
  readonly templates: readonly StoredPolicy[];
  /** The text that the positions in the trees are of; absent for JSON. */
  readonly text?: string;
};

const isJsonText = (text: string): boolean => /^\s*[{[]/.test(text.slice(0, 4096));

const readText = (text: string): PolicySources | readonly CedarError[] => {
  const parsed = parsePolicies(text);
  if (isCedarErrors(parsed)) return parsed;
  const templates = parsed.policies.filter(({ node }) => isTemplate(node));
  const policies = parsed.policies.filter(({ node }) => !isTemplate(node));
  return { policies, templates, text };
};

/** A list stands for its members; everything else is what the syntax reads. */
const readJson = (json: string | object): PolicySources | readonly CedarError[] =>
  policiesFromJson(Array.isArray(json) ? { staticPolicies: json as unknown[] } : json);

const link = (
  sources: PolicySources,
  links: readonly TemplateLink[],
): PolicySources | readonly CedarError[] => {
  const templates = new Map(sources.templates.map(({ id, node }) => [id, node]));
  const policies = [...sources.policies];
  const ids = new Set([...policies, ...sources.templates].map(({ id }) => id));
  for (const { templateId, newId, values } of links) {
    const template = templates.get(templateId);
    const fault = (message: string): readonly CedarError[] => [{ code: syntaxCodes.link, message }];
    if (template === undefined) return fault(`there is no template ${JSON.stringify(templateId)}`);
    if (ids.has(newId)) return fault(`two policies have the id ${JSON.stringify(newId)}`);
    const linked = linkTemplate(template, values);
    if (isCedarErrors(linked)) return linked;
    ids.add(newId);
    policies.push({ id: newId, node: linked.node, templateId });
  }
  return { ...sources, policies };
};

/** Reads policies in text, JSON text or JSON values, then links templates. */
export const readPolicies = (
  policies: string | object,
  links: readonly TemplateLink[] = [],
): PolicySources | readonly CedarError[] => {
  const sources =
    typeof policies === 'string' && !isJsonText(policies) ? readText(policies) : readJson(policies);
  if (isCedarErrors(sources) || links.length === 0) return sources;
  return link(sources, links);
};
