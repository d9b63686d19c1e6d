/** `sallyport svid jwt`: a JWT-SVID of this process, on standard output. */
import { SallyportError } from '../../../kernel/errors.ts';
import type { Invocation } from '../command.ts';
import { cliErrors } from '../errors.ts';
import { workloadClient } from '../workload-endpoint.ts';
import { calling } from '../workload-failure.ts';

/** The first identity unless another is named. */
export const run = async (invocation: Invocation): Promise<void> => {
  const { options, terminal } = invocation;
  const audience = [...options.list('audience')];
  const spiffeId = options.text('spiffeId') ?? '';
  const { svids } = await calling(workloadClient(invocation).fetchJWTSVID({ audience, spiffeId }));
  const [first] = svids;
  if (first === undefined)
    throw new SallyportError(cliErrors.E_WORKLOAD_DENIED, 'the agent gave no token');
  terminal.say(first.spiffeId);
  terminal.show({ spiffeId: first.spiffeId, token: first.svid }, () => first.svid);
};
