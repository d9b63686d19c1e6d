/**
 * Errors and refusals with stable codes. A room lists its codes once with `defineErrors`; an
 * exceptional failure is a thrown `SallyportError`, an expected "no" is a `Refusal` value.
 * Both become RFC 9457 problem documents (see problem.ts).
 */

/** Process exit codes of the command line; part of the public interface. */
export const exitCodes = {
  ok: 0,
  unexpected: 1,
  usage: 2,
  notAuthenticated: 3,
  denied: 4,
  notFound: 5,
  verificationFailed: 6,
  conflict: 7,
  unavailable: 8,
} as const;
export type ExitName = keyof typeof exitCodes;

/** What a room writes down about one code: HTTP status, exit code, title and the next step. */
export type ErrorSpec = {
  readonly status: number;
  readonly exit: ExitName;
  readonly title: string;
  readonly hint: string;
};
export type ErrorCode = `E_${string}`;
/** One entry of an error table: the spec with its code. */
export type ErrorKind = ErrorSpec & { readonly code: ErrorCode };

/** Turns `{E_X: spec}` into `{E_X: kind}`; the keys become the stable codes. */
export const defineErrors = <Code extends ErrorCode>(
  table: Readonly<Record<Code, ErrorSpec>>,
): Readonly<Record<Code, ErrorKind>> => {
  const kinds = {} as Record<Code, ErrorKind>;
  for (const code of Object.keys(table) as Code[]) kinds[code] = { code, ...table[code] };
  return Object.freeze(kinds);
};

export type ErrorDetails = {
  readonly cause?: unknown;
  /** Machine-readable facts for the problem document. Never secrets, never payloads. */
  readonly data?: Readonly<Record<string, unknown>>;
};

/** A failure with a stable code. `message` says what happened and for whom; `hint` the next step. */
export class SallyportError extends Error {
  override readonly name = 'SallyportError';
  readonly kind: ErrorKind;
  readonly data: Readonly<Record<string, unknown>>;

  constructor(kind: ErrorKind, detail: string, details: ErrorDetails = {}) {
    super(detail, details.cause === undefined ? undefined : { cause: details.cause });
    this.kind = kind;
    this.data = details.data ?? {};
  }

  get code(): ErrorCode {
    return this.kind.code;
  }
}

/** An expected "no": cheap, carries no stack, is returned and never thrown. */
export type Refusal = {
  readonly refused: true;
  readonly error: ErrorKind;
  readonly detail: string;
  readonly data: Readonly<Record<string, unknown>>;
};

const noData: Readonly<Record<string, unknown>> = Object.freeze({});

/** Makes a refusal value. */
export const refuse = (
  error: ErrorKind,
  detail: string,
  data: Readonly<Record<string, unknown>> = noData,
): Refusal => ({ refused: true, error, detail, data });

/** True for values made by `refuse`. */
export const isRefusal = (value: unknown): value is Refusal =>
  typeof value === 'object' && value !== null && (value as Partial<Refusal>).refused === true;

/** Throws a refusal as an error, for callers (CLI, scripts) that have no place for values. */
export const orThrow = <T>(value: T | Refusal): T => {
  if (isRefusal(value)) throw new SallyportError(value.error, value.detail, { data: value.data });
  return value;
};

/** Codes that belong to no room. */
export const kernelErrors = defineErrors({
  E_UNEXPECTED: {
    status: 500,
    exit: 'unexpected',
    title: 'Unexpected failure',
    hint: 'This is a defect in Sallyport; report it with the request id.',
  },
  E_MALFORMED: {
    status: 400,
    exit: 'usage',
    title: 'Malformed input',
    hint: 'Correct the input at the place named in the detail.',
  },
  E_USAGE: {
    status: 400,
    exit: 'usage',
    title: 'Wrong usage',
    hint: 'Run the command with --help.',
  },
});
