/** Every failure as an RFC 9457 problem document; nothing about the inside leaves the process. */
import type { FastifyReply } from 'fastify';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import {
  isRefusal,
  kernelErrors,
  type Refusal,
  refuse,
  SallyportError,
} from '../../kernel/errors.ts';
import { problemContentType, toProblem } from '../../kernel/problem.ts';
import { httpErrors } from './errors.ts';

const maxShownProblems = 20;

/** Sends a problem document for any thrown value or refusal. */
export const sendProblem = (reply: FastifyReply, failure: unknown): FastifyReply => {
  const problem = toProblem(failure, reply.request.id);
  if (problem.status === 401) reply.header('www-authenticate', 'Bearer');
  const { retryAfterSeconds } = problem;
  if (typeof retryAfterSeconds === 'number')
    reply.header('retry-after', String(Math.ceil(retryAfterSeconds)));
  // Bytes, because Fastify would append a charset to text, which the media type does not have.
  const body = Buffer.from(JSON.stringify(problem));
  return reply.code(problem.status).type(problemContentType).send(body);
};

/** True for failures that are ours, not the client's: worth a line in the log. */
export const isOurFault = (failure: unknown): boolean => {
  const known = toProblem(failure);
  return known.status >= 500;
};

/** Translates what Fastify throws into our codes; anything unknown stays as it is (E_UNEXPECTED). */
export const fromFastify = (error: unknown, maxBodyBytes: number): unknown => {
  if (isRefusal(error) || error instanceof SallyportError) return error;
  if (hasZodFastifySchemaValidationErrors(error)) return invalidRequest(error);
  const { code } = error as { readonly code?: unknown };
  switch (code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return refuse(httpErrors.E_BODY_TOO_LARGE, `the body is larger than ${maxBodyBytes} bytes`);
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return refuse(httpErrors.E_MEDIA_TYPE, 'the body is not declared as application/json');
    case 'FST_ERR_CTP_INVALID_CONTENT_LENGTH':
      return refuse(kernelErrors.E_MALFORMED, 'the body does not have the declared length');
    case 'FST_ERR_BAD_URL':
      return refuse(kernelErrors.E_MALFORMED, 'the address is not a valid URL path');
    case 'FST_ERR_MAX_PARAM_LENGTH':
      return refuse(kernelErrors.E_MALFORMED, 'a part of the address is too long');
    case 'FST_ERR_HANDLER_TIMEOUT':
      return refuse(httpErrors.E_HANDLER_TIMEOUT, 'the request was not finished in time');
    default:
      return error;
  }
};

type ValidationFailure = {
  readonly validationContext?: string;
  readonly validation: readonly { readonly instancePath: string; readonly message?: string }[];
};

const invalidRequest = (error: ValidationFailure): Refusal => {
  const part = error.validationContext ?? 'request';
  const problems = error.validation.slice(0, maxShownProblems).map(({ instancePath, message }) => ({
    at: `${part}${instancePath}`,
    what: message ?? 'does not fit',
  }));
  const [first] = problems;
  return refuse(httpErrors.E_REQUEST_INVALID, `${first?.at ?? part}: ${first?.what ?? 'invalid'}`, {
    problems,
  });
};
