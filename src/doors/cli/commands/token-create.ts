/** `sallyport token create`: the token goes to standard output, or to a new 0600 file. */
import { field } from '../answer.ts';
import type { Invocation } from '../command.ts';
import { connect } from '../connect.ts';
import { formatTime } from '../table.ts';
import { writeNewFile } from '../write-output.ts';

/** Creates a token. It cannot be shown again. */
export const run = async (invocation: Invocation): Promise<void> => {
  const { options, terminal } = invocation;
  const name = options.text('name');
  const ttlSeconds = options.seconds('ttl');
  const out = options.text('out');
  const client = await connect(invocation);
  const answer = await client.call('POST', '/api/v1/tokens', {
    principal: options.required('principal'),
    ...(name === undefined ? {} : { name }),
    ...(ttlSeconds === undefined ? {} : { ttlSeconds }),
  });
  const token = field(answer, 'token', 'string');
  const { record } = answer;
  const until = formatTime(field(record, 'expiresAtMs', 'number'));
  terminal.say(`token ${field(record, 'id', 'string')}, good until ${until}`);
  if (out === undefined) {
    terminal.show({ token, record }, () => token);
    return;
  }
  await writeNewFile(out, `${token}\n`);
  terminal.show({ file: out, record }, () => out);
};
