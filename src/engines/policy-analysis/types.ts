/** The vocabulary of policy analysis: what is asked, what a solver is, and what comes back. */
import type { CedarRequest, EntityUid, PolicyNode, Span } from '../cedar/index.ts';

/** What a solver said to a script; it never throws for what is in the script. */
export type SolverReply =
  | { readonly output: string }
  /** It was stopped by a limit, or died. */
  | { readonly failure: string };

/** Runs an SMT-LIB 2 script and hands back what it printed. */
export type Solve = (script: string) => Promise<SolverReply>;

export type AnalysedPolicy = { readonly id: string; readonly node: PolicyNode };
/** Static policies and linked templates; those that decide. */
export type AnalysedSet = readonly AnalysedPolicy[];

/** A kind of request. */
export type RequestEnvironment = {
  readonly principal: string;
  readonly action: EntityUid;
  readonly resource: string;
};

/** An entity in Cedar's JSON notation. */
export type ExampleEntity = {
  readonly uid: EntityUid;
  readonly attrs: Readonly<Record<string, unknown>>;
  readonly parents: readonly EntityUid[];
  readonly tags?: Readonly<Record<string, unknown>>;
};

/** A request on which the sets were seen to do what is claimed: our evaluator confirmed it. */
export type Example = {
  readonly environment: RequestEnvironment;
  readonly request: Required<CedarRequest>;
  readonly entities: readonly ExampleEntity[];
  /** What each set decides, in the order they were given. */
  readonly decisions: readonly ('allow' | 'deny')[];
  /** The policies behind each decision: permits of an allow, forbids of a denial. */
  readonly reasons: readonly (readonly string[])[];
};

/** Why there is no answer, and what stands in the way. */
export type Doubt = {
  readonly environment: RequestEnvironment;
  readonly reason: string;
  readonly policyId?: string;
  /** Where in the policy text. */
  readonly span?: Span;
};

/** What was found in one kind of request. */
export type Finding =
  | { readonly outcome: 'none'; readonly environment: RequestEnvironment }
  | {
      readonly outcome: 'found';
      readonly environment: RequestEnvironment;
      readonly example: Example;
    }
  | {
      readonly outcome: 'unknown';
      readonly environment: RequestEnvironment;
      readonly doubts: readonly Doubt[];
    };

/**
 * `holds`: proven for every request and all entities that fit the schema. `fails`: with a request
 * that our evaluator confirmed. `unknown`: neither; never to be read as a proof.
 */
export type Verdict =
  | { readonly answer: 'holds'; readonly environments: number }
  | { readonly answer: 'fails'; readonly example: Example }
  | { readonly answer: 'unknown'; readonly doubts: readonly Doubt[] };

/** How decisions are made of policies, and what is taken for granted. */
export type Semantics = {
  /**
   * Cedar skips a forbid that errs; Sallyport denies then (`deny`). Default `skip`.
   */
  readonly erringForbids?: 'skip' | 'deny';
  /** True takes for granted that every entity that a request touches exists. Default false. */
  readonly entitiesExist?: boolean;
};
