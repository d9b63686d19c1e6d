/** `sallyport join-token redeem`: needs no credential but the token itself. */
import { field } from '../answer.ts';
import type { Invocation } from '../command.ts';
import { connectAnonymously } from '../connect.ts';
import { readSecret } from '../read-input.ts';
import { makeKeyAndRequest, writeSvidFiles } from '../svid-files.ts';
import { formatTime } from '../table.ts';

/** Exchanges the token for an X.509-SVID with a key made here. */
export const run = async (invocation: Invocation): Promise<void> => {
  const { options, terminal, stdin } = invocation;
  const token = await readSecret(options.required('tokenFile'), stdin);
  const ttlSeconds = options.seconds('ttl');
  const { keyPem, csrPem } = makeKeyAndRequest();
  const client = await connectAnonymously(invocation);
  const svid = await client.call('POST', '/api/v1/join-tokens/redeem', {
    token: token.reveal(),
    csrPem,
    ...(ttlSeconds === undefined ? {} : { ttlSeconds }),
  });
  const files = await writeSvidFiles(options.text('out') ?? '.', { client, keyPem, svid });
  const spiffeId = field(svid, 'spiffeId', 'string');
  const expiresAtMs = field(svid, 'expiresAtMs', 'number');
  terminal.say(`${spiffeId}, good until ${formatTime(expiresAtMs)}`);
  terminal.show({ spiffeId, expiresAtMs, files }, () => files.join('\n'));
};
