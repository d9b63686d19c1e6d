/**
 * The two events of an ordinary exchange, written from templates: most of what they say is the same
 * for one identity, endpoint, route and set of permitting policies, so it is built, validated and
 * turned into text once. Whatever is not ordinary (a refusal, shadow mode) has no template.
 */
import {
  createEventTemplate,
  type EventIdentity,
  type EventTemplate,
  type HolePath,
  type HoleValue,
  type OcsfEvent,
  type WrittenEvent,
} from '../../engines/ocsf/index.ts';
import type { Decision } from '../../domains/access/index.ts';
import type { Endpoint } from '../../domains/endpoints/index.ts';
import type { VerifiedIdentity } from '../../domains/identity/index.ts';
import type { Exchange } from './exchange.ts';
import type { Route } from './route.ts';

/** `usage`: the outcome of an exchange whose tokens are known. */
export type TemplateKind = 'decision' | 'outcome' | 'usage';

const common: readonly HolePath[] = [
  'src_endpoint.uid',
  'http_request.url.path',
  'http_request.length',
];
const answer: readonly HolePath[] = ['http_response.code', 'http_response.length', 'duration'];
const tokens = ['prompt_tokens', 'completion_tokens', 'total_tokens'];

const holesOf: Readonly<Record<TemplateKind, readonly HolePath[]>> = {
  decision: [...common, 'unmapped'],
  outcome: [...common, ...answer],
  usage: [...common, ...answer, ...tokens.map((name) => `message_context.${name}`)],
};

type Entry = {
  readonly kind: TemplateKind;
  readonly endpoint: Endpoint;
  readonly route: Route;
  readonly version: string | undefined;
  readonly reasons: Decision['reasons'];
  readonly template: EventTemplate | undefined;
};

const sameReasons = (a: Decision['reasons'], b: Decision['reasons']): boolean =>
  a === b || (a.length === b.length && a.every(({ policyId }, i) => policyId === b[i]?.policyId));

/** Of one identity; more kinds of exchanges than this are rare, and then the oldest is made anew. */
const maxEntries = 32;

export type EventTemplates = {
  /**
   * Writes an event. `build` makes the whole event of this exchange, which serves as the sample of a
   * new template; undefined when there can be none.
   */
  readonly write: (
    kind: TemplateKind,
    exchange: Exchange,
    parts: {
      readonly build: () => OcsfEvent;
      readonly identity: EventIdentity;
      readonly values: readonly HoleValue[];
    },
  ) => WrittenEvent | undefined;
};

const isOrdinary = (exchange: Exchange): boolean =>
  exchange.refusal === undefined &&
  exchange.shadowed === undefined &&
  !exchange.isShadow &&
  exchange.head?.method === 'POST';

/** Makes an empty store of templates; what belongs to a forgotten identity is forgotten with it. */
export const createEventTemplates = (): EventTemplates => {
  const known = new WeakMap<VerifiedIdentity, Entry[]>();
  const find = (entries: readonly Entry[], wanted: Omit<Entry, 'template'>): Entry | undefined => {
    for (const entry of entries)
      if (
        entry.kind === wanted.kind &&
        entry.endpoint === wanted.endpoint &&
        entry.route === wanted.route &&
        entry.version === wanted.version &&
        sameReasons(entry.reasons, wanted.reasons)
      )
        return entry;
    return undefined;
  };
  return {
    write: (kind, exchange, { build, identity: particular, values }) => {
      const { identity, endpoint, match, decision } = exchange;
      if (!isOrdinary(exchange) || identity === undefined || endpoint === undefined)
        return undefined;
      if (match === undefined || decision === undefined) return undefined;
      const { route, version } = match;
      const wanted = { kind, endpoint, route, version, reasons: decision.reasons };
      const entries = known.getOrInsertComputed(identity, () => []);
      let entry = find(entries, wanted);
      if (entry === undefined) {
        const made = createEventTemplate(build(), holesOf[kind]);
        entry = { ...wanted, template: 'sample' in made ? made : undefined };
        if (entries.length >= maxEntries) entries.shift();
        entries.push(entry);
      }
      return entry.template?.write(particular, values);
    },
  };
};
