/** The configuration of commands that run something here: server, doctor, reindex. */
import { loadConfig, type ResolvedConfig, toolEnvironment } from '../../platform/config/index.ts';
import type { Invocation } from './command.ts';
import { usage } from './options.ts';

const flagKeys: Readonly<Record<string, string>> = {
  dataDir: 'dataDir',
  host: 'server.host',
  port: 'server.port',
  logLevel: 'log.level',
};

/** Loads it from flags, environment and file. Throws E_CONFIG_… or E_USAGE. */
export const loadConfiguration = async ({
  options,
  env,
}: Pick<Invocation, 'options' | 'env'>): Promise<ResolvedConfig> => {
  const args: Record<string, string> = {};
  for (const pair of options.list('set')) {
    const at = pair.indexOf('=');
    if (at < 1) throw usage(`--set ${pair}: write key=value`);
    args[pair.slice(0, at)] = pair.slice(at + 1);
  }
  for (const [option, key] of Object.entries(flagKeys)) {
    const text = options.text(option);
    if (text !== undefined) args[key] = text;
  }
  const file = options.text('config') ?? toolEnvironment(env).configFile;
  return loadConfig({ args, env, ...(file === undefined ? {} : { file }) });
};
