/** Codes of the files room. */
import { defineErrors } from '../../kernel/errors.ts';

export const filesErrors = defineErrors({
  E_FILE_UNREADABLE: {
    status: 500,
    exit: 'usage',
    title: 'File cannot be read',
    hint: 'Check that the path is right and that this user may read it.',
  },
  E_FILE_TOO_LARGE: {
    status: 413,
    exit: 'usage',
    title: 'File is larger than allowed',
    hint: 'Make the file smaller, or check that the path names the intended file.',
  },
  E_FILE_NOT_PRIVATE: {
    status: 500,
    exit: 'usage',
    title: 'File or directory is open to other users',
    hint: 'Run chmod 600 on a secret file, chmod 700 on a private directory.',
  },
  E_FILE_WRITE: {
    status: 503,
    exit: 'unavailable',
    title: 'File cannot be written',
    hint: 'Check free space and permissions of the directory.',
  },
  E_DATA_DIRECTORY_LOCKED: {
    status: 503,
    exit: 'conflict',
    title: 'Data directory is in use',
    hint: 'Stop the process that uses it, or choose another --data-dir.',
  },
});
