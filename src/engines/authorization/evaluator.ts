/** The seam to the evaluator in types: what the engine asks of Cedar and what it answers. */
import type { JsonConstraint } from './scope.ts';
import type { EntityRef } from './types.ts';

export type ParsedPolicy = {
  readonly effect: 'permit' | 'forbid';
  readonly principal: JsonConstraint;
  readonly action: JsonConstraint;
  readonly resource: JsonConstraint;
  readonly conditions: readonly unknown[];
  readonly annotations: ReadonlyMap<string, string>;
};
export type ParseAnswer =
  | { readonly policy: ParsedPolicy }
  | { readonly message: string; readonly offset: number; readonly isTemplate: boolean };

export type Failure = { readonly failure: string };
export type Finding = {
  readonly severity: 'error' | 'warning';
  readonly policyId: string | undefined;
  readonly message: string;
  /** Offset of the finding in the text of the policy, in UTF-16 units. */
  readonly offset: number;
};

/** A policy set or schema that the evaluator holds ready; what is behind it is the evaluator's. */
export type Prepared = { readonly kind: 'policies' | 'schema'; readonly handle: object };

export type Evaluation = {
  readonly policies: Prepared;
  readonly schema: Prepared | undefined;
  /** Hold the request against the schema too. */
  readonly validateRequest: boolean;
  readonly principal: EntityRef;
  readonly action: EntityRef;
  readonly resource: EntityRef;
  readonly context: unknown;
  readonly entities: readonly unknown[];
};
export type EvaluationAnswer = {
  readonly allowed: boolean;
  readonly determining: readonly string[];
  readonly errors: readonly { readonly policyId: string; readonly message: string }[];
};

export type SchemaText = string | Readonly<Record<string, unknown>>;
export type CedarEvaluator = {
  readonly parsePolicy: (text: string) => ParseAnswer;
  readonly preparePolicies: (policies: ReadonlyMap<string, string>) => Prepared | Failure;
  readonly prepareSchema: (schema: SchemaText) => Prepared | Failure;
  /** True as long as it can be used; an evaluator may lose what it held. */
  readonly holds: (prepared: Prepared) => boolean;
  readonly release: (prepared: Prepared) => void;
  readonly evaluate: (call: Evaluation) => EvaluationAnswer | Failure;
  readonly validate: (
    policies: ReadonlyMap<string, string>,
    schema: SchemaText,
  ) => readonly Finding[];
  /** What is wrong with a schema or with entities in the notation the schema allows. */
  readonly checkEntities: (entities: readonly unknown[], schema?: SchemaText) => string | undefined;
  readonly schemaJson: (schema: SchemaText) => Readonly<Record<string, unknown>> | Failure;
};
