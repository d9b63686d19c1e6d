/** `sallyport completion <shell>`: prints the script to source. */
import { listCommands } from '../catalogue/index.ts';
import type { Invocation } from '../command.ts';
import { renderCompletion, type Shell } from '../completion.ts';

/** Prints the completion script of a shell. */
export const run = ({ arguments: [shell = 'bash'], terminal }: Invocation): Promise<void> => {
  terminal.raw(renderCompletion(shell as Shell, listCommands()));
  return Promise.resolve();
};
