/** The description of an endpoint from flags and a file (YAML or JSON). The server checks it. */
import { parse } from 'yaml';
import { isRefusal, SallyportError } from '../../kernel/errors.ts';
import { isJsonObject } from '../../kernel/json-value.ts';
import type { Invocation } from './command.ts';
import { cliErrors } from './errors.ts';
import { readSecret, readText } from './read-input.ts';

export type EndpointInput = Readonly<Record<string, unknown>>;

/** What the file says, or `otherwise` without one; flags win over both. */
export const readEndpointInput = async (
  invocation: Invocation,
  otherwise: EndpointInput,
): Promise<EndpointInput> => {
  const { options, stdin } = invocation;
  const file = options.text('file');
  const described = file === undefined ? otherwise : await readDescription(file, stdin);
  return { ...described, ...fromFlags(invocation), ...(await credentialOf(invocation)) };
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
