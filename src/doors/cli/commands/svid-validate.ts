/** `sallyport svid validate`: whose a JWT-SVID is, as the agent judges it. */
import type { Invocation } from '../command.ts';
import { readSecret } from '../read-input.ts';
import { workloadClient } from '../workload-endpoint.ts';
import { calling } from '../workload-failure.ts';

/** Fails when the token does not hold for the audience. */
export const run = async (invocation: Invocation): Promise<void> => {
  const { options, terminal, stdin } = invocation;
  const token = await readSecret(options.required('tokenFile'), stdin);
  const { spiffeId, claims } = await calling(
    workloadClient(invocation).validateJWTSVID({
      audience: options.required('audience'),
      svid: token.reveal(),
    }),
  );
  terminal.show({ spiffeId, claims: claims ?? {} }, () => spiffeId);
};
