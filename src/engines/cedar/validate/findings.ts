/** What validation says of policies: errors that make the verdict, and warnings. */
import type { Span } from '../ast.ts';

export const findingCodes = Object.freeze({
  /** A value of one type where another must stand. */
  type: 'E_CEDAR_TYPE',
  /** Two values that cannot be compared or put into one set. */
  incompatible: 'E_CEDAR_INCOMPATIBLE_TYPES',
  unknownAttribute: 'E_CEDAR_UNKNOWN_ATTRIBUTE',
  /** An optional attribute read without asking `has` first. */
  optionalAttribute: 'E_CEDAR_OPTIONAL_ATTRIBUTE',
  /** A tag read without asking `hasTag` first, or of a type without tags. */
  tag: 'E_CEDAR_UNSAFE_TAG',
  emptySet: 'E_CEDAR_EMPTY_SET',
  /** An extension constructor whose argument is no literal. */
  notLiteral: 'E_CEDAR_NOT_LITERAL',
  /** An extension constructor whose literal it cannot read. */
  literal: 'E_CEDAR_BAD_LITERAL',
  arity: 'E_CEDAR_ARGUMENTS',
  unknownFunction: 'E_CEDAR_UNKNOWN_FUNCTION',
  unknownEntityType: 'E_CEDAR_UNKNOWN_ENTITY_TYPE',
  unknownAction: 'E_CEDAR_UNKNOWN_ACTION',
  /** An id that its enumerated entity type does not have. */
  unknownId: 'E_CEDAR_UNKNOWN_ENTITY_ID',
  /** Warning: false for every valid request. */
  impossible: 'E_CEDAR_IMPOSSIBLE_POLICY',
  /** Warning: no action takes what the scope asks for. */
  noAction: 'E_CEDAR_NO_APPLICABLE_ACTION',
  /** Warnings about text that may look like other text. */
  bidi: 'E_CEDAR_BIDI_TEXT',
  mixedScript: 'E_CEDAR_MIXED_SCRIPT',
  confusable: 'E_CEDAR_CONFUSABLE_NAME',
} as const);
export type FindingCode = (typeof findingCodes)[keyof typeof findingCodes];

/** A kind of request a policy was checked for. */
export type RequestKind = {
  readonly principal: string;
  readonly action: string;
  readonly resource: string;
};

export type Finding = {
  readonly severity: 'error' | 'warning';
  readonly code: FindingCode;
  readonly policyId: string;
  readonly message: string;
  readonly span?: Span;
  readonly help?: string;
  /** The first kind of request for which a type error shows. */
  readonly request?: RequestKind;
};

/** One thing to report; place, help and message make it one thing. */
export type Note = {
  readonly code: FindingCode;
  readonly message: string;
  readonly span?: Span | undefined;
  readonly help?: string | undefined;
  readonly request?: RequestKind | undefined;
};

export type Reporter = {
  readonly error: (note: Note) => void;
  readonly warning: (note: Note) => void;
  readonly findings: () => readonly Finding[];
};

const maxFindings = 100;

/** Collects the findings of one policy, each once, a bounded number. */
export const createReporter = (policyId: string): Reporter => {
  const found = new Map<string, Finding>();
  const add = (severity: Finding['severity'], note: Note): void => {
    const { code, message, span, help, request } = note;
    const key = `${code} ${span?.start ?? ''} ${span?.end ?? ''} ${message}`;
    if (found.has(key) || found.size >= maxFindings) return;
    found.set(key, {
      severity,
      code,
      policyId,
      message,
      ...(span === undefined ? {} : { span }),
      ...(help === undefined ? {} : { help }),
      ...(request === undefined ? {} : { request }),
    });
  };
  return {
    error: (note) => add('error', note),
    warning: (note) => add('warning', note),
    findings: () => [...found.values()],
  };
};
