/** `sallyport ledger reindex`: rebuilds the derived index from the log. */
import type { Invocation } from '../command.ts';
import { loadConfiguration } from '../load-configuration.ts';

/** Takes the data directory for itself, so a running server makes it fail with exit code 7. */
export const run = async (invocation: Invocation): Promise<void> => {
  const { terminal } = invocation;
  const resolved = await loadConfiguration(invocation);
  const { reindexLedger } = await invocation.compose();
  terminal.say(`reading the log in ${resolved.config.dataDir}`);
  const entries = await reindexLedger(resolved);
  terminal.show({ entries }, () => `${entries} entries indexed`);
};
