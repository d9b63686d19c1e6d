/** Input files of commands: text, secrets, standard input. All bounded. */
import { SallyportError } from '../../kernel/errors.ts';
import { Secret } from '../../kernel/secret.ts';
import { readFileBounded, readPrivateFile } from '../../platform/files/index.ts';
import { cliErrors } from './errors.ts';

const maxInputBytes = 64 * 1024 * 1024;
const maxSecretBytes = 16 * 1024;

/** A UTF-8 text file; `-` is standard input. */
export const readText = async (file: string, stdin: AsyncIterable<Uint8Array>): Promise<string> => {
  const bytes =
    file === '-' ? await drain(stdin, maxInputBytes) : await readFileBounded(file, maxInputBytes);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new SallyportError(cliErrors.E_INPUT_FILE, `${file} is not UTF-8 text`, { cause });
  }
};

/** A secret from a 0600 file or standard input, without surrounding white space. */
export const readSecret = async (
  file: string,
  stdin: AsyncIterable<Uint8Array>,
): Promise<Secret> => {
  const bytes =
    file === '-' ? await drain(stdin, maxSecretBytes) : await readPrivateFile(file, maxSecretBytes);
  const text = Buffer.from(bytes).toString('utf8').trim();
  if (text !== '') return new Secret(text);
  throw new SallyportError(cliErrors.E_INPUT_FILE, `${file} is empty`);
};

const drain = async (stream: AsyncIterable<Uint8Array>, maxBytes: number): Promise<Uint8Array> => {
  const chunks: Uint8Array[] = [];
  let total = 0;
  for await (const chunk of stream) {
    total += chunk.length;
    if (total > maxBytes)
      throw new SallyportError(
        cliErrors.E_INPUT_FILE,
        `standard input is longer than ${maxBytes} bytes`,
      );
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, total);
};
