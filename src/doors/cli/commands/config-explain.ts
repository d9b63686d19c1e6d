/** `sallyport config explain`: each value and where it came from. */
import { explainConfig } from '../../../platform/config/index.ts';
import type { Invocation } from '../command.ts';
import { loadConfiguration } from '../load-configuration.ts';
import { usage } from '../options.ts';
import { formatTable } from '../table.ts';

/** Prints the rows, all or those below one key. */
export const run = async (invocation: Invocation): Promise<void> => {
  const [wanted] = invocation.arguments;
  const resolved = await loadConfiguration(invocation);
  const rows = explainConfig(resolved).filter(
    ({ key }) => wanted === undefined || key === wanted || key.startsWith(`${wanted}.`),
  );
  if (rows.length === 0) throw usage(`there is no configuration key ${wanted ?? ''}`);
  for (const warning of resolved.warnings) invocation.terminal.complain(`warning: ${warning}`);
  invocation.terminal.show({ values: rows, warnings: resolved.warnings }, () =>
    formatTable(
      rows.map(({ key, value, source, place }) => ({
        key,
        value: value === null ? null : typeof value === 'string' ? value : JSON.stringify(value),
        source: place === '' ? source : `${source} (${place})`,
      })),
    ),
  );
};
