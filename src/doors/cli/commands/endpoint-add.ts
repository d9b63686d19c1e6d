/** `sallyport endpoint add`: from flags, from a file, or both (flags win). */
import { parse } from 'yaml';
import { isRefusal, SallyportError } from '../../../kernel/errors.ts';
import { isJsonObject } from '../../../kernel/json-value.ts';
import { field } from '../answer.ts';
import type { Invocation } from '../command.ts';
import { connect } from '../connect.ts';
import { cliErrors } from '../errors.ts';
import { usage } from '../options.ts';
import { readSecret, readText } from '../read-input.ts';
import { describeEndpoint } from '../show-endpoint.ts';

/** Registers an endpoint; the server checks the description. */
export const run = async (invocation: Invocation): Promise<void> => {
  const { options, terminal, stdin } = invocation;
  const file = options.text('file');
  const described = file === undefined ? {} : await readDescription(file, stdin);
  const body = { ...described, ...fromFlags(invocation), ...(await credentialOf(invocation)) };
  if (!('name' in body)) throw usage('give the name of the endpoint');
  const client = await connect(invocation);
  const answer = await client.call('POST', '/api/v1/endpoints', body);
  terminal.say(`registered ${field(answer, 'name', 'string')}`);
  terminal.show(answer, () => describeEndpoint(answer));
};

const maxAliasCount = 16;

const readDescription = async (
  file: string,
  stdin: AsyncIterable<Uint8Array>,
): Promise<Readonly<Record<string, unknown>>> => {
  const text = await readText(file, stdin);
  let value: unknown;
  try {
    value = parse(text, { maxAliasCount });
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new SallyportError(cliErrors.E_INPUT_FILE, `${file}: ${why}`, { cause });
  }
  if (isJsonObject(value) && !isRefusal(value)) return value;
  throw new SallyportError(cliErrors.E_INPUT_FILE, `${file} does not describe an endpoint`);
};

const fromFlags = (invocation: Invocation): Readonly<Record<string, unknown>> => {
  const { options } = invocation;
  const [name] = invocation.arguments;
  const spiffeId = options.text('upstreamSpiffeId');
  const roles = options.list('role');
  const teams = options.list('team');
  const given: Readonly<Record<string, unknown>> = {
    name,
    url: options.text('url'),
    protocol: options.text('protocol'),
    network: options.text('network'),
    upstreamModel: options.text('upstreamModel'),
    mode: options.text('mode'),
    audit: options.text('audit'),
    description: options.text('description'),
    tls: spiffeId === undefined ? undefined : { spiffeId },
    allowedRoles: roles.length === 0 ? undefined : roles,
    allowedTeams: teams.length === 0 ? undefined : teams,
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
};

const credentialOf = async ({
  options,
  stdin,
}: Invocation): Promise<{ readonly credential?: string }> => {
  const file = options.text('credentialFile');
  return file === undefined ? {} : { credential: (await readSecret(file, stdin)).reveal() };
};
