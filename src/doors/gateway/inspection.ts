/**
 * The seam for content inspection. The pipeline calls it at three places: the parsed request before
 * it is recorded, a whole answer before it leaves, each event of a stream before it leaves.
 */
import type { JsonObject } from '../../kernel/json-value.ts';
import type { Refusal } from '../../kernel/errors.ts';
import type { Exchange } from './exchange.ts';

/** What happens to one event of a stream: it passes, is dropped, is replaced, or ends the stream. */
export type EventVerdict = 'pass' | 'drop' | { readonly replaceWith: JsonObject } | Refusal;

export type Inspection = {
  /** May change `exchange.body`; what it leaves there is what the upstream gets. */
  readonly request: (exchange: Exchange) => Refusal | undefined | Promise<Refusal | undefined>;
  /** The whole answer, parsed; the returned value is what the caller gets. */
  readonly answer: (exchange: Exchange, answer: JsonObject) => JsonObject | Refusal;
  readonly event: (exchange: Exchange, event: JsonObject) => EventVerdict;
};
