/** `sallyport whoami`: who the server takes the caller for. */
import { field, optionalField, refField } from '../answer.ts';
import type { Invocation } from '../command.ts';
import { connect } from '../connect.ts';
import { formatTime } from '../table.ts';

/** Prints principal, tenant and credential. */
export const run = async (invocation: Invocation): Promise<void> => {
  const client = await connect(invocation);
  const answer = await client.call('GET', '/api/v1/whoami');
  invocation.terminal.show(answer, () =>
    [
      `${refField(answer, 'principal')} (tenant ${field(answer, 'tenant', 'string')})`,
      `by ${field(answer, 'method', 'string')} ${field(answer, 'credentialId', 'string')}`,
      `until ${formatTime(optionalField(answer, 'expiresAtMs', 'number'))}`,
    ].join('\n'),
  );
};
