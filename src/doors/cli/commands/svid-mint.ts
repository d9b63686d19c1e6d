/** `sallyport svid mint`: an X.509-SVID into files, or a JWT-SVID on standard output. */
import { field } from '../answer.ts';
import type { Client } from '../client.ts';
import type { Invocation } from '../command.ts';
import { connect } from '../connect.ts';
import { usage } from '../options.ts';
import { makeKeyAndRequest, writeSvidFiles } from '../svid-files.ts';
import { formatTime } from '../table.ts';

/** Mints for a principal's SPIFFE ID. The private key is made here and stays here. */
export const run = async (invocation: Invocation): Promise<void> => {
  const isJwt = invocation.options.flag('jwt');
  const audience = invocation.options.list('audience');
  if (isJwt && audience.length === 0) throw usage('a JWT-SVID needs at least one --audience');
  if (!isJwt && audience.length > 0) throw usage('--audience goes with --jwt');
  const client = await connect(invocation);
  await (isJwt ? mintJwt(invocation, client) : mintX509(invocation, client));
};

const common = ({ options }: Invocation) => {
  const ttlSeconds = options.seconds('ttl');
  return {
    spiffeId: options.required('spiffeId'),
    ...(ttlSeconds === undefined ? {} : { ttlSeconds }),
  };
};

const mintJwt = async (invocation: Invocation, client: Client): Promise<void> => {
  const { options, terminal } = invocation;
  const body = { ...common(invocation), audience: options.list('audience') };
  const answer = await client.call('POST', '/api/v1/svids/jwt', body);
  const token = field(answer, 'token', 'string');
  terminal.say(`good until ${formatTime(field(answer, 'expiresAtMs', 'number'))}`);
  terminal.show(answer, () => token);
};

const mintX509 = async (invocation: Invocation, client: Client): Promise<void> => {
  const { options, terminal } = invocation;
  const { keyPem, csrPem } = makeKeyAndRequest();
  const svid = await client.call('POST', '/api/v1/svids/x509', {
    ...common(invocation),
    csrPem,
    dnsNames: options.list('dns'),
    ipAddresses: options.list('ip'),
  });
  const files = await writeSvidFiles(options.text('out') ?? '.', { client, keyPem, svid });
  const spiffeId = field(svid, 'spiffeId', 'string');
  const expiresAtMs = field(svid, 'expiresAtMs', 'number');
  terminal.say(`${spiffeId}, good until ${formatTime(expiresAtMs)}`);
  terminal.show({ spiffeId, expiresAtMs, files }, () => files.join('\n'));
};
