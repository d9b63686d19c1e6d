/** Configuration: one schema, four sources, every value with its origin. */
export { readEnvironment, toolEnvironment } from './environment.ts';
export type { Environment, ToolEnvironment } from './environment.ts';
export { configErrors } from './errors.ts';
export { explainConfig } from './explain.ts';
export type { ConfigRow } from './explain.ts';
export { listConfigFields } from './fields.ts';
export type { ConfigField } from './fields.ts';
export { loadConfig, resolveConfig } from './load.ts';
export type { ConfigInput, ConfigValue, ResolvedConfig } from './load.ts';
export { ensurePassphrase, findPassphraseFile } from './passphrase.ts';
export type { Passphrase, PassphraseInput } from './passphrase.ts';
export type { AttestationConfig } from './attestation.ts';
export type { ConfigProblem, ConfigSource } from './raw-value.ts';
export { renderConfigReference } from './reference.ts';
export type { Config } from './schema.ts';
export { suggest } from './suggest.ts';
