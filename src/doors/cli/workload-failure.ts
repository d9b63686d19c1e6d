/** Answers of a Workload API that are no answers, as errors of the tool. */
import { Code, ConnectError } from '@connectrpc/connect';
import { SallyportError } from '../../kernel/errors.ts';
import { cliErrors } from './errors.ts';

/** Runs a call; its gRPC failure becomes an error with an exit code. */
export const calling = async <T>(call: Promise<T>): Promise<T> => {
  try {
    return await call;
  } catch (failure) {
    throw toError(ConnectError.from(failure));
  }
};

/** PERMISSION_DENIED and its like keep their meaning, everything else is an agent out of reach. */
export const toError = (failure: ConnectError): SallyportError => {
  const { rawMessage, code } = failure;
  switch (code) {
    case Code.PermissionDenied:
    case Code.Unauthenticated:
      return new SallyportError(cliErrors.E_WORKLOAD_DENIED, rawMessage);
    case Code.InvalidArgument:
      return new SallyportError(cliErrors.E_WORKLOAD_INVALID, rawMessage);
    default:
      return new SallyportError(cliErrors.E_WORKLOAD_UNAVAILABLE, rawMessage, { cause: failure });
  }
};
