/** `sallyport identity agent …`, `identity revoke` and `svid revoke`. */
import type { JsonObject } from '../../../kernel/json-value.ts';
import { allPages } from '../all-pages.ts';
import { field, textsField } from '../answer.ts';
import type { Invocation } from '../command.ts';
import { connect } from '../connect.ts';
import { usage } from '../options.ts';
import { formatTable, formatTime } from '../table.ts';

/** Creates a one-time token; it goes to standard output. */
export const token = async (invocation: Invocation): Promise<void> => {
  const { options, terminal } = invocation;
  const node = options.text('node');
  const ttlSeconds = options.seconds('ttl');
  const client = await connect(invocation);
  const answer = await client.call('POST', '/api/v1/identity/agents/join-tokens', {
    ...(node === undefined ? {} : { node }),
    ...(ttlSeconds === undefined ? {} : { ttlSeconds }),
  });
  const until = formatTime(field(answer, 'expiresAtMs', 'number'));
  terminal.say(`admits ${field(answer, 'agentId', 'string')} once, until ${until}`);
  terminal.show(answer, () => field(answer, 'token', 'string'));
};

/** Prints all agents. */
export const list = async (invocation: Invocation): Promise<void> => {
  const client = await connect(invocation);
  const agents = await allPages(client, { path: '/api/v1/identity/agents', list: 'agents' });
  invocation.terminal.show({ agents }, () =>
    formatTable(
      agents.map((agent) => ({
        id: field(agent, 'id', 'string'),
        status: field(agent, 'status', 'string'),
        selectors: textsField(agent, 'selectors'),
        attestedAt: formatTime(field(agent, 'attestedAtMs', 'number')),
        lastSeenAt: formatTime(field(agent, 'lastSeenAtMs', 'number')),
        expiresAt: formatTime(field(agent, 'expiresAtMs', 'number')),
      })),
    ),
  );
};

const reasonOf = ({ options }: Invocation): JsonObject => {
  const reason = options.text('reason');
  return reason === undefined ? {} : { reason };
};

const report = (invocation: Invocation, answer: JsonObject): void => {
  const count = field(answer, 'credentials', 'number');
  invocation.terminal.say(`revoked, with ${count} known SVIDs`);
  invocation.terminal.show(answer, () => field(answer, 'target', 'string'));
};

/** Evicts one agent. */
export const evict = async (invocation: Invocation): Promise<void> => {
  const [agentId = ''] = invocation.arguments;
  const body = { agentId, ban: invocation.options.flag('ban'), ...reasonOf(invocation) };
  const client = await connect(invocation);
  report(invocation, await client.call('POST', '/api/v1/identity/agents/evict', body));
};

/** Lifts the ban of one agent. */
export const readmit = async (invocation: Invocation): Promise<void> => {
  const [agentId = ''] = invocation.arguments;
  const client = await connect(invocation);
  const agent = await client.call('POST', '/api/v1/identity/agents/readmit', { agentId });
  invocation.terminal.say('its node may attest again');
  invocation.terminal.show(agent, () => field(agent, 'id', 'string'));
};

const revokeTarget = async (invocation: Invocation, target: JsonObject): Promise<void> => {
  const body = { ...target, ...reasonOf(invocation) };
  const client = await connect(invocation);
  report(invocation, await client.call('POST', '/api/v1/identity/revocations', body));
};

const names = [
  ['svid', 'credentialId'],
  ['entry', 'entryId'],
  ['agent', 'agentId'],
  ['authority', 'authorityId'],
] as const;

/** Revokes what exactly one option names. */
export const revoke = async (invocation: Invocation): Promise<void> => {
  const given = names.flatMap(([option, member]) => {
    const value = invocation.options.text(option);
    return value === undefined ? [] : [{ [member]: value }];
  });
  const [target] = given;
  if (target === undefined || given.length > 1)
    throw usage('name exactly one of --svid, --entry, --agent and --authority');
  await revokeTarget(invocation, target);
};

/** Revokes one SVID. */
export const revokeSvid = (invocation: Invocation): Promise<void> =>
  revokeTarget(invocation, { credentialId: invocation.arguments[0] ?? '' });
