/**
 * Shapes of AuthZEN 1.0 requests and answers (sections 5 to 7). Unknown fields are ignored. Entries of
 * a batch are read one by one, so that a broken one spoils only itself.
 */
import { z } from 'zod';

const properties = z.record(z.string(), z.unknown());

/** Sections 5.1 and 5.2: subjects and resources look alike. */
const thingSchema = z.object({
  type: z.string().min(1),
  id: z.string(),
  properties: properties.optional(),
});
/** Section 5.3 */
const actionSchema = z.object({
  name: z.string().min(1),
  properties: properties.optional(),
});

/** Section 6.1 */
export const evaluationSchema = z.object({
  subject: thingSchema,
  action: actionSchema,
  resource: thingSchema,
  context: properties.optional(),
});
export type Evaluation = z.output<typeof evaluationSchema>;

const semantics = ['execute_all', 'deny_on_first_deny', 'permit_on_first_permit'] as const;
export type Semantic = (typeof semantics)[number];

/** Entries of one batch. */
const maxEvaluations = 1000;

const defaults = z.record(z.string(), z.unknown()).optional();

/** Section 7.1: defaults and entries as they came. */
export const evaluationsSchema = z.object({
  subject: defaults,
  action: defaults,
  resource: defaults,
  context: defaults,
  evaluations: z.array(z.unknown()).max(maxEvaluations).optional(),
  options: z.looseObject({ evaluations_semantic: z.enum(semantics).optional() }).optional(),
});
export type Evaluations = z.output<typeof evaluationsSchema>;

/** Sections 6.2 and 7.2 */
export const answerSchema = z.object({
  decision: z.boolean(),
  context: z.record(z.string(), z.unknown()).optional(),
});
export type EvaluationAnswer = z.output<typeof answerSchema>;

/** A batch; or, for a request without entries, one answer. */
export const answersSchema = z.object({
  decision: z.boolean().optional(),
  context: z.record(z.string(), z.unknown()).optional(),
  evaluations: z.array(answerSchema).optional(),
});
export type EvaluationAnswers = z.output<typeof answersSchema>;

/** Section 8.2 */
const pageSchema = z.object({
  token: z.string().max(2048).optional(),
  limit: z.int().positive().optional(),
  properties: properties.optional(),
});
/** The place that is searched for; an id that stands there is ignored. */
const openSchema = z.object({ type: z.string().min(1), properties: properties.optional() });
const searchCommon = { context: properties.optional(), page: pageSchema.optional() };

/** Section 8.4 */
export const subjectSearchSchema = z.object({
  subject: openSchema,
  action: actionSchema,
  resource: thingSchema,
  ...searchCommon,
});
/** Section 8.5 */
export const resourceSearchSchema = z.object({
  subject: thingSchema,
  action: actionSchema,
  resource: openSchema,
  ...searchCommon,
});
/** Section 8.6 */
export const actionSearchSchema = z.object({
  subject: thingSchema,
  resource: thingSchema,
  ...searchCommon,
});

export const searchAnswerSchema = z.object({
  page: z.object({ next_token: z.string(), count: z.int().optional() }).optional(),
  context: properties.optional(),
  results: z.array(z.looseObject({})),
});
export type SearchAnswer = z.output<typeof searchAnswerSchema>;

/** Length of a method name; no version of the protocol comes near it. */
const maxMethodLength = 256;

/** A request of the Model Context Protocol with the claims that its enforcement point verified. */
export const mcpSchema = z.object({
  method: z.string().min(1).max(maxMethodLength),
  params: z.unknown().optional(),
  token: properties,
  tool: z.object({ name: z.string().optional(), inputSchema: z.unknown().optional() }).optional(),
  server: z.string().min(1).optional(),
});
export type McpBody = z.output<typeof mcpSchema>;

export const mcpAnswerSchema = z.object({
  decision: z.boolean(),
  context: z.record(z.string(), z.unknown()).optional(),
  error: z.object({ code: z.int(), message: z.string() }).optional(),
});
export type McpAnswerBody = z.output<typeof mcpAnswerSchema>;

/** Section 9 */
export const metadataSchema = z.object({
  policy_decision_point: z.string(),
  access_evaluation_endpoint: z.string(),
  access_evaluations_endpoint: z.string(),
  search_subject_endpoint: z.string(),
  search_resource_endpoint: z.string(),
  search_action_endpoint: z.string(),
  supported_obligations: z.array(z.string()),
  jwks_uri: z.string().optional(),
  signed_metadata: z.string().optional(),
});
export type Metadata = z.output<typeof metadataSchema>;
