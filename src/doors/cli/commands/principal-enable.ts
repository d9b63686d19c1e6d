/** `sallyport principal enable`. */
import type { Invocation } from '../command.ts';
import { setDisabled } from '../set-disabled.ts';

/** Accepts a disabled principal again. */
export const run = (invocation: Invocation): Promise<void> => setDisabled(invocation, false);
