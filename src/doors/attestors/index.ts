/** Node attestors from configuration: their files, issuers and clusters. */
export { createConfiguredAttestors } from './configured-attestors.ts';
export type { ConfiguredAttestorsDeps } from './configured-attestors.ts';
