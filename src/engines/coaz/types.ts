/** What goes in and comes out: MCP requests, claims, AuthZEN requests. */
import type { JsonObject, JsonValue } from '../../kernel/json-value.ts';

/** AuthZEN 1.0, section 5 */
export type AuthzenThing = {
  readonly type: string;
  readonly id: string;
  readonly properties?: JsonObject;
};
export type AuthzenAction = { readonly name: string; readonly properties?: JsonObject };

/** Body of `POST /access/v1/evaluation` (AuthZEN 1.0, section 6). */
export type EvaluationRequest = {
  readonly subject: AuthzenThing;
  readonly action: AuthzenAction;
  readonly resource: AuthzenThing;
  readonly context?: JsonObject;
};

/** One entry of a batch: what it does not say is said by the batch. */
export type EvaluationEntry = Partial<Omit<EvaluationRequest, 'subject'>>;

/** Body of `POST /access/v1/evaluations` (AuthZEN 1.0, section 7); every entry must be permitted. */
export type EvaluationsRequest = EvaluationEntry & {
  readonly subject: AuthzenThing;
  readonly evaluations: readonly EvaluationEntry[];
  readonly options?: {
    readonly evaluations_semantic?: 'execute_all' | 'deny_on_first_deny';
  };
};

/** A request of the Model Context Protocol as the enforcement point saw it. */
export type McpRequest = {
  readonly method: string;
  readonly params?: JsonValue;
  /** Claims of the access token, verified by whoever calls. */
  readonly token: JsonObject;
  /** Definition of the tool that is called, as the MCP server lists it. */
  readonly tool?: { readonly name?: string; readonly inputSchema?: JsonValue };
  /** Canonical URI of the MCP server; needed when the token has several audiences. */
  readonly server?: string;
};

/** Codes of JSON-RPC errors that COAZ-MCP gives. */
export type McpErrorCode = -32602 | -32001 | -32603;
export type McpError = { readonly code: McpErrorCode; readonly message: string };

export type McpMapping =
  | { readonly kind: 'pass' }
  | { readonly kind: 'evaluation'; readonly request: EvaluationRequest }
  | { readonly kind: 'evaluations'; readonly request: EvaluationsRequest }
  | ({ readonly kind: 'error' } & McpError);
