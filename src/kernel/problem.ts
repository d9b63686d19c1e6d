/** RFC 9457 problem documents from errors and refusals. Never holds a stack trace or a cause. */
import { isRefusal, kernelErrors, type Refusal, SallyportError } from './errors.ts';

export type ProblemDocument = {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly hint: string;
  readonly instance?: string;
  readonly [extension: string]: unknown;
};

export const problemContentType = 'application/problem+json';

/**
 * Renders any thrown value or refusal as a problem document. Anything that is neither a
 * `SallyportError` nor a `Refusal` becomes E_UNEXPECTED without a word about its inside.
 *
 * @param instance identifies this occurrence, for example a request id (RFC 9457 section 3.1.5)
 */
export const toProblem = (failure: unknown, instance?: string): ProblemDocument => {
  const known = knownFailure(failure);
  return {
    ...known.data,
    type: `urn:sallyport:error:${known.error.code}`,
    title: known.error.title,
    status: known.error.status,
    code: known.error.code,
    detail: known.detail,
    hint: known.error.hint,
    ...(instance === undefined ? {} : { instance }),
  };
};

const knownFailure = (failure: unknown): Pick<Refusal, 'error' | 'detail' | 'data'> => {
  if (isRefusal(failure)) return failure;
  if (failure instanceof SallyportError)
    return { error: failure.kind, detail: failure.message, data: failure.data };
  return {
    error: kernelErrors.E_UNEXPECTED,
    detail: 'The request could not be completed.',
    data: {},
  };
};
