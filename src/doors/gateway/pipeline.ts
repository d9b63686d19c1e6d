/**
 * The pipeline: which steps a request passes, in which order. Read this file to know what the
 * gateway does; read a step to know how. A step returns nothing to go on or a refusal to stop.
 */
import type { Exchange, Step } from './exchange.ts';
import type { RouteKind } from './route.ts';
import {
  decideListing,
  findModel,
  hideDenied,
  listModels,
  refuseRoute,
  showHealth,
  showMetadata,
  showModel,
  showServer,
} from './steps/answer-locally.ts';
import { authenticate } from './steps/authenticate.ts';
import { awaitRecord } from './steps/await-record.ts';
import { carryOutObligations } from './steps/carry-out-obligations.ts';
import { checkFraming } from './steps/check-framing.ts';
import { decide } from './steps/decide.ts';
import { forward } from './steps/forward.ts';
import { inspectRequest } from './steps/inspect-request.ts';
import { limitEndpoint } from './steps/limit-endpoint.ts';
import { limitPeer } from './steps/limit-peer.ts';
import { parseBody } from './steps/parse-body.ts';
import { prepareContext } from './steps/prepare-context.ts';
import { probeUpstream } from './steps/probe-upstream.ts';
import { readBody } from './steps/read-body.ts';
import { recordDecision } from './steps/record-decision.ts';
import { recordOutcome } from './steps/record-outcome.ts';
import { reserve } from './steps/reserve.ts';
import { resolveEndpoint } from './steps/resolve-endpoint.ts';
import { rewriteBody } from './steps/rewrite-body.ts';
import { settle } from './steps/settle.ts';
import { validate } from './steps/validate.ts';

/** Every request, whatever it asks for. Nothing of its body is looked at before this is done. */
export const openingSteps: readonly Step[] = [checkFraming, limitPeer, authenticate];

const inference: readonly Step[] = [
  readBody,
  parseBody,
  resolveEndpoint,
  validate,
  decide,
  carryOutObligations,
  rewriteBody,
  limitEndpoint,
  reserve,
  inspectRequest,
  recordDecision,
  prepareContext,
  forward,
];

/** Asked about one model: the decision stands in the ledger before anything is said. */
const aboutModel = (answer: Step): readonly Step[] => [
  findModel,
  hideDenied,
  recordDecision,
  awaitRecord,
  answer,
];

/** What follows the opening, by kind of route. */
export const stepsOf: Readonly<Record<RouteKind, readonly Step[]>> = {
  inference,
  'list-models': [decideListing, recordDecision, awaitRecord, listModels],
  'show-model': aboutModel(showModel),
  'model-metadata': aboutModel(showMetadata),
  'model-ready': aboutModel(probeUpstream),
  'server-metadata': [showServer],
  health: [showHealth],
  'wrong-method': [refuseRoute],
  unknown: [refuseRoute],
};

/** Always, after the answer or the refusal. */
export const closingSteps: readonly ((exchange: Exchange) => void)[] = [settle, recordOutcome];
