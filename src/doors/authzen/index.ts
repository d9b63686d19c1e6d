/** AuthZEN 1.0: policy enforcement points elsewhere ask here. */
export { authzenErrors } from './errors.ts';
export { authzenOptions, type AuthzenSettings } from './options.ts';
export { registerAuthzen } from './register-authzen.ts';

export type { AuthzenDeps } from './evaluate.ts';
export type { TypeNames } from './to-access-request.ts';
