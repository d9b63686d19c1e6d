/**
 * The description of an endpoint as an administrator writes it. Strict: unknown keys are errors,
 * every bound is explicit, defaults are filled in. The credential is split off at once.
 */
import { z } from 'zod';
import { isRefusal, type Refusal, refuse } from '../../kernel/errors.ts';
import { parseSpiffeId, type SpiffeId } from '../../kernel/ids.ts';
import { Secret } from '../../kernel/secret.ts';
import { type EndpointSpec, tensorDatatypes } from './endpoint.ts';
import { endpointErrors } from './errors.ts';

const megabyte = 1024 * 1024;
const maxTimeoutMs = 3_600_000;

/** A name that is safe in paths, policies and logs: it starts and ends with a letter or digit. */
export const endpointNamePattern = /^[A-Za-z0-9](?:[A-Za-z0-9._:-]{0,126}[A-Za-z0-9])?$/;

const name = z.string().regex(endpointNamePattern, 'letters, digits and . _ : - (1 to 128)');
const modelName = z.string().regex(/^[\x21-\x7e]{1,256}$/, '1 to 256 printable characters');
const entityId = z.string().min(1).max(256);
const spiffeId = z.string().transform((text, context): SpiffeId => {
  const id = parseSpiffeId(text);
  if (!isRefusal(id)) return id;
  context.addIssue({ code: 'custom', message: id.detail });
  return z.NEVER;
});

const tensor = z
  .strictObject({
    name: z.string().min(1).max(256),
    datatype: z.enum(tensorDatatypes),
    shape: z.array(z.int().min(-1)).max(16),
    minimum: z.number().optional(),
    maximum: z.number().optional(),
  })
  .refine((spec) => spec.minimum === undefined || spec.datatype !== 'BYTES', 'BYTES has no range')
  .refine((spec) => (spec.minimum ?? -Infinity) <= (spec.maximum ?? Infinity), 'empty range')
  .refine((spec) => spec.shape.every((size) => size !== 0), 'a size of 0 holds nothing');

const tensors = z
  .array(tensor)
  .max(64)
  .refine((list) => new Set(list.map((spec) => spec.name)).size === list.length, 'names repeat')
  .default([]);

const microUsd = z.number().min(0).max(1e12).default(0);
const timeoutMs = (defaultMs: number) => z.int().min(1).max(maxTimeoutMs).default(defaultMs);

const tls = z
  .strictObject({
    spiffeId: spiffeId.optional(),
    caPem: z
      .string()
      .max(256 * 1024)
      .includes('-----BEGIN CERTIFICATE-----')
      .optional(),
    serverName: z
      .string()
      .regex(/^[a-z0-9.-]{1,253}$/)
      .optional(),
  })
  .refine((value) => value.spiffeId === undefined || value.caPem === undefined, {
    message: 'give spiffeId or caPem, not both',
  })
  .prefault({});

const common = {
  description: z.string().max(1024).default(''),
  protocol: z.enum(['openai', 'v2']),
  url: z.string().min(1).max(2048),
  network: z.enum(['public', 'private']).default('public'),
  tls,
  upstreamModel: modelName.optional(),
  credentialHeader: z.enum(['authorization', 'x-api-key', 'api-key']).default('authorization'),
  inputs: tensors,
  outputs: tensors,
  prices: z
    .strictObject({
      inputPer1kMicroUsd: microUsd,
      outputPer1kMicroUsd: microUsd,
      requestMicroUsd: microUsd,
    })
    .prefault({}),
  limits: z
    .strictObject({
      maxConcurrent: z.int().min(1).max(100_000).default(1024),
      maxBodyBytes: z
        .int()
        .min(1)
        .max(256 * megabyte)
        .default(8 * megabyte),
      maxOutputTokens: z.int().min(1).max(10_000_000).default(4096),
      maxTensorElements: z.int().min(1).max(100_000_000).default(1_000_000),
    })
    .prefault({}),
  timeouts: z
    .strictObject({
      connectMs: timeoutMs(5_000),
      headersMs: timeoutMs(60_000),
      idleMs: timeoutMs(30_000),
      totalMs: timeoutMs(600_000),
    })
    .prefault({}),
  mode: z.enum(['enforce', 'shadow']).default('enforce'),
  audit: z.enum(['normal', 'strict']).default('normal'),
  allowedRoles: z.array(entityId).max(256).default([]),
  allowedTeams: z.array(entityId).max(256).default([]),
};

/**
 * Schema of a new endpoint, for API documentation. `credential` is write-only; `null` in an
 * update removes it.
 */
export const endpointInputSchema = z.strictObject({
  name,
  ...common,
  credential: z
    .string()
    .regex(/^[\x21-\x7e]{1,8192}$/)
    .nullable()
    .optional(),
});
/** An endpoint description before parsing, as JSON. */
export type EndpointInput = z.input<typeof endpointInputSchema>;

export type ParsedEndpoint = {
  readonly name: string;
  readonly spec: EndpointSpec;
  /** Absent: leave as it is; null: remove. */
  readonly credential?: Secret | null;
};

const firstIssue = (error: z.ZodError): string => {
  const [issue] = error.issues;
  if (issue === undefined) return 'not valid';
  const place = issue.path.map(String).join('.');
  return place === '' ? issue.message : `${place}: ${issue.message}`;
};

/** zod writes absent optionals as undefined; the rest of the program knows only absence. */
const withoutUndefined = <T extends object>(value: T): T =>
  Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as T;

/** Parses an endpoint description; E_ENDPOINT_INVALID names the first wrong field. */
export const parseEndpoint = (input: unknown): ParsedEndpoint | Refusal => {
  const parsed = endpointInputSchema.safeParse(input);
  if (!parsed.success) return refuse(endpointErrors.E_ENDPOINT_INVALID, firstIssue(parsed.error));
  const { name: endpointName, credential, upstreamModel, ...rest } = parsed.data;
  const spec = {
    ...rest,
    tls: withoutUndefined(rest.tls),
    inputs: rest.inputs.map(withoutUndefined),
    outputs: rest.outputs.map(withoutUndefined),
    upstreamModel: upstreamModel ?? endpointName,
  } as EndpointSpec;
  if (credential === undefined) return { name: endpointName, spec };
  return {
    name: endpointName,
    spec,
    credential: credential === null ? null : new Secret(credential),
  };
};
