/** Step 14: the signed word to the upstream about who is calling. */
import { kernelErrors, refuse } from '../../../kernel/errors.ts';
import { type Exchange, filled } from '../exchange.ts';
import type { StepResult } from '../types.ts';

export const prepareContext = (exchange: Exchange): StepResult => {
  const header = exchange.gateway.contextHeaders.of(
    filled(exchange.identity, 'identity'),
    filled(exchange.endpoint, 'endpoint'),
  );
  if (typeof header === 'string') {
    exchange.contextHeader = header;
    return undefined;
  }
  return header.then(
    (text) => {
      exchange.contextHeader = text;
      return undefined;
    },
    () => refuse(kernelErrors.E_UNEXPECTED, 'the context of the call could not be signed'),
  );
};
