/**
 * Compiles the OCSF schema archive into src/engines/ocsf/generated/schema.ts.
 * Usage: node tools/generate-ocsf.ts <ocsf-1.8.0.tar.gz>
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { compileSchema } from './ocsf/compile.ts';
import { readTar } from './ocsf/read-tar.ts';
import { renderSchema } from './ocsf/render.ts';
import { openSource } from './ocsf/resolve.ts';

/** The classes Sallyport emits, now or by plan. */
const classNames = [
  'account_change',
  'authentication',
  'authorize_session',
  'entity_management',
  'user_access',
  'application_lifecycle',
  'api_activity',
  'datastore_activity',
  'scan_activity',
  'compliance_finding',
  'detection_finding',
  'incident_finding',
  'remediation_activity',
];

/** The text of the generated file for a gzipped schema archive. */
export const generateOcsf = (archive: Uint8Array): string =>
  renderSchema(compileSchema(openSource(readTar(gunzipSync(archive))), classNames));

if (import.meta.main) {
  const archive = process.argv[2];
  if (archive === undefined) throw new Error('usage: generate-ocsf.ts <ocsf-1.8.0.tar.gz>');
  const target = new URL('../src/engines/ocsf/generated/schema.ts', import.meta.url);
  writeFileSync(target, generateOcsf(readFileSync(archive)));
}
