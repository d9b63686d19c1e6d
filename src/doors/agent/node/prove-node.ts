/** Attestation as the node does it: evidence, perhaps a challenge and its answer. */
import { isRefusal, type Refusal, refuse } from '../../../kernel/errors.ts';
import type { JsonObject } from '../../../kernel/json-value.ts';
import { agentErrors } from '../errors.ts';
import type { AgentCredentials, ServerApi } from '../types.ts';

export type NodeRequest = {
  readonly csr: Uint8Array;
  /** SubjectPublicKeyInfo in the request; answers are bound to it. */
  readonly spki: Uint8Array;
};

export type ProveNode = (
  api: Pick<ServerApi, 'attest'>,
  request: NodeRequest,
) => Promise<AgentCredentials | Refusal>;

/** One way for a node to say who it is. */
export type NodeEvidence = {
  readonly attestor: string;
  readonly evidence: () => Promise<JsonObject | Refusal>;
  /** Answers a challenge; may replace the evidence by one that contains it. */
  readonly answer?: (
    challenge: JsonObject,
    spki: Uint8Array,
  ) => Promise<
    { readonly challengeResponse: JsonObject; readonly evidence?: JsonObject } | Refusal
  >;
};

const unexpected = (what: string): Refusal => refuse(agentErrors.E_AGENT_UNATTESTED, what);

/** Proves the node by one kind of evidence, with at most one challenge. */
export const proveBy =
  ({ attestor, evidence: gather, answer: answerTo }: NodeEvidence): ProveNode =>
  async (api, { csr, spki }) => {
    const evidence = await gather();
    if (isRefusal(evidence)) return evidence;
    const first = await api.attest({ attestor, evidence, csr });
    if (isRefusal(first) || first.kind === 'credentials') return first;
    const reply = await answerTo?.(first.challenge, spki);
    if (reply === undefined) return unexpected(`${attestor} answers no challenges`);
    if (isRefusal(reply)) return reply;
    const second = await api.attest({ attestor, csr, evidence, ...reply });
    if (isRefusal(second) || second.kind === 'credentials') return second;
    return unexpected('the server asks again and again');
  };
