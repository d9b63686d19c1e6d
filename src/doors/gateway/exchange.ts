/**
 * One request on its way through the gateway. Steps read and write it; it lives from the parsed
 * head to the recorded outcome. Fields are filled in the order of the pipeline.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Refusal } from '../../kernel/errors.ts';
import type { JsonObject, JsonValue } from '../../kernel/json-value.ts';
import type { AccessRequest, Decision, EntityRef } from '../../domains/access/index.ts';
import type { Endpoint } from '../../domains/endpoints/index.ts';
import type { VerifiedIdentity } from '../../domains/identity/index.ts';
import type { Reservation } from '../../domains/budgets/index.ts';
import type { UpstreamPool } from './upstream/pools.ts';
import type { GatewayContext } from './context.ts';
import type { Connection } from './front/connections.ts';
import type { Head } from './front/head.ts';
import type { RouteMatch } from './route.ts';
import type { StepResult } from './types.ts';

/** What the request asks for, in the terms of budgets and policies. */
export type RequestFacts = {
  /** Size of the forwarded text in tokens, estimated high. */
  readonly inputTokens: number;
  /** Field of the body that bounds the output; empty when there is none. */
  readonly outputField: string;
  /** Most tokens one choice may have; written into the forwarded body. */
  readonly outputPerChoice: number;
  readonly choices: number;
  readonly isStream: boolean;
  /** The model is offered tools to call. */
  readonly isTool: boolean;
  /** Messages, prompts or tensors. */
  readonly messages: number;
  readonly elements: number;
};

/** Tokens as the upstream counted them, or as estimated when it did not. */
export type Usage = {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly isEstimate: boolean;
};

/** What policies asked for beyond yes or no; see steps/carry-out-obligations.ts. */
export type Duties = {
  isStrictAudit: boolean;
  /** Decimal places of floating-point outputs; -1 leaves them alone. */
  scoreDecimals: number;
  dropsLogprobs: boolean;
  maxOutputTokens: number;
};

/** State of the decision record: the first byte leaves only when it is `durable`. */
export type RecordState = 'none' | 'pending' | 'durable' | 'failed';

/**
 * Something a step waits for. An object and not a function: functions made for each exchange and kept
 * in its fields make the collector keep exchange after exchange.
 */
export type Waiting = { cancel(refusal: Refusal): void };

/** One step of the pipeline; see pipeline.ts. */
export type Step = (exchange: Exchange) => StepResult;

export class Exchange {
  readonly gateway: GatewayContext;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly connection: Connection;
  readonly id: string;
  readonly startedMs: number;
  readonly timeMs: number;

  /** The steps being walked and the next one; the walker's own (run-exchange.ts). */
  steps: readonly Step[] = [];
  at = 0;

  head: Head | undefined = undefined;
  match: RouteMatch | undefined = undefined;
  /** Where it stands among those in flight; the registry's own (in-flight.ts). */
  place = -1;
  identity: VerifiedIdentity | undefined = undefined;
  requestBytes = 0;
  bytes: Uint8Array | undefined = undefined;
  /** Parsed, then rewritten in place: this is what the upstream gets. */
  body: Record<string, JsonValue> | undefined = undefined;
  endpoint: Endpoint | undefined = undefined;
  resource: EntityRef | undefined = undefined;
  facts: RequestFacts | undefined = undefined;
  /** The caller asked for the usage chunk of a stream itself. */
  wantsUsage = false;
  /** The context the policies were asked with. */
  policyContext: AccessRequest['context'] | undefined = undefined;
  decision: Decision | undefined = undefined;
  readonly duties: Duties = {
    isStrictAudit: false,
    scoreDecimals: -1,
    dropsLogprobs: false,
    maxOutputTokens: Number.POSITIVE_INFINITY,
  };
  upstream: UpstreamPool | undefined = undefined;
  /** Gone once it is settled or returned. */
  reservation: Reservation | undefined = undefined;
  /** What would have been refused, had the endpoint not been in shadow mode. */
  shadowed: Refusal | undefined = undefined;
  record: RecordState = 'none';
  recording: Promise<Refusal | undefined> | undefined = undefined;
  contextHeader = '';
  wasDispatched = false;
  upstreamStatus = 0;
  usage: Usage | undefined = undefined;
  /** The upstream said it did not do the work: nothing but the request counts. */
  wasRejected = false;
  status = 0;
  responseBytes = 0;
  refusal: Refusal | undefined = undefined;
  /** What waits and can be cancelled: set by the step that waits. */
  waiting: Waiting | undefined = undefined;
  isGone = false;
  isConcluded = false;
  /** Its one event is the denial: nothing was done of which there could be an outcome. */
  wasDenied = false;
  deadlineMs = Number.POSITIVE_INFINITY;
  /** Until when the upstream must be heard of (monotonic); infinite while nothing is expected of it. */
  upstreamDueMs = Number.POSITIVE_INFINITY;
  /** Since when the caller takes nothing; infinite while it reads. */
  stalledSinceMs = Number.POSITIVE_INFINITY;

  constructor(
    gateway: GatewayContext,
    message: { readonly request: IncomingMessage; readonly response: ServerResponse },
  ) {
    this.gateway = gateway;
    this.request = message.request;
    this.response = message.response;
    this.connection = gateway.connections.of(message.request.socket);
    this.id = gateway.newId();
    this.startedMs = gateway.deps.clock.monotonicMs();
    this.timeMs = gateway.deps.clock.nowMs();
  }

  /** True when policy and budgets are only watched. */
  get isShadow(): boolean {
    return this.endpoint?.mode === 'shadow';
  }
}

/** The value of a field that an earlier step of the list must have filled. */
export const filled = <T>(value: T | undefined, field: string): T => {
  if (value === undefined) throw new Error(`pipeline out of order: ${field} is missing`);
  return value;
};

/** The body as a value that must not be changed. */
export const bodyOf = (exchange: Exchange): JsonObject => filled(exchange.body, 'body');
