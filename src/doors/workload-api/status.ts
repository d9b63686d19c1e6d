/** Refusals as gRPC statuses. The detail travels; secrets are never in a detail. */
import { Code, ConnectError } from '@connectrpc/connect';
import type { Refusal } from '../../kernel/errors.ts';
import { ErrorInfoSchema } from './generated/error_info_pb.ts';

const codes: ReadonlyMap<number, Code> = new Map([
  [400, Code.InvalidArgument],
  [401, Code.Unauthenticated],
  [403, Code.PermissionDenied],
  [404, Code.NotFound],
  [409, Code.FailedPrecondition],
  [429, Code.ResourceExhausted],
  [501, Code.Unimplemented],
  [503, Code.Unavailable],
]);

/** What the client is told; unknown statuses say nothing but INTERNAL. */
export const toStatus = (refusal: Refusal): ConnectError => {
  const code = codes.get(refusal.error.status);
  if (code === undefined) return new ConnectError('internal error', Code.Internal);
  return new ConnectError(refusal.detail, code);
};

/** The same with a reason in the words of the Broker API (BR-24). */
export const withReason = (error: ConnectError, reason: string): ConnectError =>
  new ConnectError(error.rawMessage, error.code, undefined, [
    { desc: ErrorInfoSchema, value: { reason, domain: 'spiffe.io' } },
  ]);

export const invalid = (what: string): ConnectError => new ConnectError(what, Code.InvalidArgument);

export const denied = (what: string): ConnectError => new ConnectError(what, Code.PermissionDenied);
