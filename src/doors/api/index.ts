/** The control plane's API: guarded routes under /api/v1, health, metrics, the published log. */
export { createBundleClient } from './bundle-client.ts';
export { createAuthorize } from './authorize.ts';
export type { AuthorizeDeps } from './authorize.ts';
export type { ApiApp, ApiContext, ApiDeps, ReadinessCheck, ReadPublished } from './deps.ts';
export { apiErrors } from './errors.ts';
export { readPublishedFrom } from './published-files.ts';
export { createReadinessChecks } from './readiness.ts';
export { registerApi } from './register-api.ts';
