/** `sallyport enrol`: redeems the one-time code and keeps the administrator's token (0600). */
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { Secret } from '../../../kernel/secret.ts';
import { toolEnvironment } from '../../../platform/config/index.ts';
import type { Invocation } from '../command.ts';
import { connectAnonymously } from '../connect.ts';
import {
  anyServer,
  dataDirectoryCredentials,
  keepCredential,
  userCredentials,
} from '../credentials.ts';
import { usage } from '../options.ts';
import { field, refField } from '../answer.ts';
import { readSecret } from '../read-input.ts';
import { formatTime } from '../table.ts';

const codeFileName = 'enrolment-code';

/** Enrols and stores the credential in the data directory, or in the user's configuration. */
export const run = async (invocation: Invocation): Promise<void> => {
  const { options, terminal, stdin, env } = invocation;
  const dataDir = options.text('dataDir');
  const codeFile =
    options.text('codeFile') ?? (dataDir === undefined ? undefined : join(dataDir, codeFileName));
  if (codeFile === undefined) throw usage('give --data-dir, or --code-file with the code');
  const code = await readSecret(codeFile, stdin);
  const client = await connectAnonymously(invocation);
  const name = options.text('name') ?? userInfo().username;
  const answer = await client.call('POST', '/api/v1/enrolment', { code: code.reveal(), name });
  const principal = refField(answer, 'principal');
  const expiresAtMs = field(answer, 'expiresAtMs', 'number');
  const inDataDir = dataDir !== undefined && options.text('server') === undefined;
  const file = inDataDir
    ? dataDirectoryCredentials(dataDir)
    : userCredentials(toolEnvironment(env).configHome);
  const token = new Secret(field(answer, 'token', 'string'));
  await keepCredential(file, inDataDir ? anyServer : client.url, { token, principal, expiresAtMs });
  terminal.say(`credential kept in ${file} until ${formatTime(expiresAtMs)}`);
  terminal.show({ principal, credentials: file, expiresAtMs }, () => principal);
};
