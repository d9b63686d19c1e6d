/** `sallyport endpoint list`. */
import { field, listField, textsField } from '../answer.ts';
import type { Invocation } from '../command.ts';
import { connect } from '../connect.ts';
import { formatTable } from '../table.ts';

/** Prints all endpoints of the tenant. */
export const run = async (invocation: Invocation): Promise<void> => {
  const client = await connect(invocation);
  const endpoints = listField(await client.call('GET', '/api/v1/endpoints'), 'endpoints');
  invocation.terminal.show({ endpoints }, () =>
    formatTable(
      endpoints.map((endpoint) => ({
        name: field(endpoint, 'name', 'string'),
        protocol: field(endpoint, 'protocol', 'string'),
        url: field(endpoint, 'url', 'string'),
        mode: field(endpoint, 'mode', 'string'),
        roles: textsField(endpoint, 'allowedRoles'),
        teams: textsField(endpoint, 'allowedTeams'),
      })),
    ),
  );
};
