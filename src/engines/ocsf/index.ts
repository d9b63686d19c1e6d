/** OCSF 1.8: validators generated from the schema and builders for the events Sallyport emits. */
export {
  type AiOperation,
  type ApiActivity,
  aiRoles,
  buildApiActivity,
  buildGatewayDecision,
  buildGatewayOutcome,
  eventCodes,
  type HttpExchange,
  recordedPath,
} from './builders/api-activity.ts';
export {
  type EventBasics,
  type EventStatus,
  type Party,
  type Severity,
  severities,
} from './builders/base.ts';
export { type ControlOutcome, type Disposition, dispositions } from './builders/control.ts';
export {
  type Authentication,
  buildAuthentication,
  buildEntityChange,
  buildSessionAuthorization,
  type EntityChange,
  type SessionAuthorization,
} from './builders/identity.ts';
export {
  type ApplicationLifecycle,
  buildApplicationLifecycle,
  buildDetectionFinding,
  type DetectionFinding,
} from './builders/operations.ts';
export type { OcsfEvent, OcsfMetadata, OcsfProblem, OcsfProduct } from './event.ts';
export { ocsfVersion, sallyportProduct } from './product.ts';
export {
  createEventTemplate,
  type EventIdentity,
  type EventTemplate,
  type HolePath,
  type HoleValue,
  WrittenEvent,
} from './template.ts';
export { validateOcsf } from './validate.ts';
