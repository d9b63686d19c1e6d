/** `sallyport principal disable`. */
import type { Invocation } from '../command.ts';
import { setDisabled } from '../set-disabled.ts';

/** Refuses a principal with every credential it has. */
export const run = (invocation: Invocation): Promise<void> => setDisabled(invocation, true);
