/** Directories that only this user may enter. */
import { chmod, mkdir, readdir, stat } from 'node:fs/promises';
import { SallyportError } from '../../kernel/errors.ts';
import { filesErrors } from './errors.ts';
import { codeOf } from './system-error.ts';

const othersMask = 0o077;

/**
 * Creates `path` (and missing parents) with mode 0700. An empty directory that others may enter is
 * tightened; a filled one is refused instead, because changing the mode of something that was not
 * made for us (`--data-dir /tmp`) would break its other users.
 *
 * @throws SallyportError E_FILE_NOT_PRIVATE or E_FILE_WRITE
 */
export const ensurePrivateDirectory = async (path: string): Promise<void> => {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
    const { mode } = await stat(path);
    if ((mode & othersMask) === 0) return;
    if ((await readdir(path)).length === 0) {
      await chmod(path, 0o700);
      return;
    }
    throw new SallyportError(
      filesErrors.E_FILE_NOT_PRIVATE,
      `${path} has mode ${(mode & 0o777).toString(8)} and is not empty; other users may enter it`,
    );
  } catch (cause) {
    if (cause instanceof SallyportError) throw cause;
    throw new SallyportError(
      filesErrors.E_FILE_WRITE,
      `directory ${path} cannot be prepared: ${codeOf(cause)}`,
      { cause },
    );
  }
};
