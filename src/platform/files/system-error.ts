/** The short reason inside an operating system error, fit for a message. */

/** The errno code (`ENOENT`), or the message when there is none. */
export const codeOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  const { code } = error as NodeJS.ErrnoException;
  return code ?? error.message;
};
