/** The name of a node: drawn once, kept in its data directory, part of its log's origin. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Random } from '../../kernel/effects.ts';
import { SallyportError } from '../../kernel/errors.ts';
import { encodeHex } from '../../kernel/hex.ts';
import { filesErrors } from './errors.ts';
import { codeOf } from './system-error.ts';
import { writeFileAtomic } from './write-file-atomic.ts';

const idBytes = 4;
const pattern = /^[0-9a-f]{8}$/;

/**
 * Eight hex digits from `<directory>/node-id`, drawn and written when there is no such file.
 *
 * @throws SallyportError E_FILE_UNREADABLE when the file is there and cannot be read or holds something
 *   else: another name would start another log
 */
export const ensureNodeId = async (directory: string, random: Random): Promise<string> => {
  const path = join(directory, 'node-id');
  const found = await readFile(path, 'utf8').catch((cause: unknown) => {
    if (codeOf(cause) === 'ENOENT') return undefined;
    throw new SallyportError(filesErrors.E_FILE_UNREADABLE, `${path} cannot be read`, { cause });
  });
  const id = found?.trim() ?? encodeHex(random.bytes(idBytes));
  if (!pattern.test(id))
    throw new SallyportError(
      filesErrors.E_FILE_UNREADABLE,
      `${path} does not hold eight hex digits`,
    );
  if (found === undefined) await writeFileAtomic(path, `${id}\n`);
  return id;
};
