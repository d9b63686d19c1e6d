/** The nouns of the registry: what an endpoint is, what its owner declares about it. */
import type { SpiffeId, TenantId } from '../../kernel/ids.ts';
import type { Upstream } from './upstream-url.ts';

export type EndpointProtocol = 'openai' | 'v2';
/** `shadow`: decide and record, do not enforce policy and budgets. */
export type EndpointMode = 'enforce' | 'shadow';
/** `strict`: the decision is durable before the upstream sees the request. */
export type EndpointAudit = 'normal' | 'strict';

/** Datatypes of the Open Inference Protocol V2 that travel as JSON. */
export const tensorDatatypes = [
  'BOOL',
  'UINT8',
  'UINT16',
  'UINT32',
  'UINT64',
  'INT8',
  'INT16',
  'INT32',
  'INT64',
  'FP16',
  'FP32',
  'FP64',
  'BYTES',
] as const;
export type TensorDatatype = (typeof tensorDatatypes)[number];

/** One declared input or output. `-1` in `shape` stands for any size. */
export type TensorSpec = {
  readonly name: string;
  readonly datatype: TensorDatatype;
  readonly shape: readonly number[];
  /** Smallest and largest value of an element; inclusive. */
  readonly minimum?: number;
  readonly maximum?: number;
};

/** Micro-USD (10^-6 USD): per thousand tokens of input and output, and per request. */
export type EndpointPrices = {
  readonly inputPer1kMicroUsd: number;
  readonly outputPer1kMicroUsd: number;
  readonly requestMicroUsd: number;
};

export type EndpointLimits = {
  /** Requests in flight to this endpoint, per gateway process. */
  readonly maxConcurrent: number;
  /** Bytes of a request body; the gateway's own limit holds as well. */
  readonly maxBodyBytes: number;
  /** Tokens one request may produce; what the caller asks for is cut to this. */
  readonly maxOutputTokens: number;
  /** Elements of one tensor. */
  readonly maxTensorElements: number;
};

export type EndpointTimeouts = {
  readonly connectMs: number;
  /** From the last byte of the request to the response head. */
  readonly headersMs: number;
  /** Between two chunks of the response body. */
  readonly idleMs: number;
  /** The whole exchange, streams included. */
  readonly totalMs: number;
};

/** How the upstream proves itself and what we show to it. */
export type EndpointTls = {
  /** The upstream must present an X.509-SVID with exactly this ID, and gets ours. */
  readonly spiffeId?: SpiffeId;
  /** Trust anchors in PEM instead of the public ones; not together with `spiffeId`. */
  readonly caPem?: string;
  readonly serverName?: string;
};

/** A registered upstream as the rest of Sallyport sees it. Never holds the credential. */
export type Endpoint = {
  readonly tenant: TenantId;
  /** Also the model name that clients send. */
  readonly name: string;
  readonly description: string;
  readonly protocol: EndpointProtocol;
  readonly url: string;
  readonly upstream: Upstream;
  readonly network: 'public' | 'private';
  readonly tls: EndpointTls;
  readonly upstreamModel: string;
  /** Header that carries the credential: `authorization` (as Bearer) or a plain key header. */
  readonly credentialHeader: CredentialHeader;
  readonly hasCredential: boolean;
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
  readonly prices: EndpointPrices;
  readonly limits: EndpointLimits;
  readonly timeouts: EndpointTimeouts;
  readonly mode: EndpointMode;
  readonly audit: EndpointAudit;
  /** Ids of `Role` and `Team` entities whose members the default policies let in. */
  readonly allowedRoles: readonly string[];
  readonly allowedTeams: readonly string[];
  /** Grows with each change of this endpoint. */
  readonly version: number;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
};

export type CredentialHeader = 'authorization' | 'x-api-key' | 'api-key';

/** Everything of an endpoint that its owner says; the rest is made by the registry. */
export type EndpointSpec = Omit<
  Endpoint,
  'tenant' | 'name' | 'upstream' | 'hasCredential' | 'version' | 'createdAtMs' | 'updatedAtMs'
>;
