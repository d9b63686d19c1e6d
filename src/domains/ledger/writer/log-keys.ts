/** Puts the verifier keys of the log beside it: `log.vkeys`. */
import { join } from 'node:path';
import type { FileOperations } from './file-operations.ts';
import type { Layout } from './layout.ts';

/** Writes `log.vkeys` unless it says the same already. */
export const publishKeys = async (
  files: FileOperations,
  layout: Layout,
  vkeys: readonly string[],
): Promise<void> => {
  const content = Buffer.from(`${vkeys.join('\n')}\n`);
  const known = files.read(layout.vkeys);
  if (known !== undefined && content.equals(known)) return;
  await files.replace(layout.vkeys, join(layout.temporary, 'vkeys'), content);
  await files.syncDirectoryLater(layout.root);
};
