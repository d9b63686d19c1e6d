/** The committed tables are what the generator makes of the published schema. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { generateOcsf } from '../../../tools/generate-ocsf.ts';

const vectors =
  process.env.SALLYPORT_VECTORS ?? join(import.meta.dirname, '../../../../shared/vectors');
const archive = join(vectors, 'compliance/ocsf/ocsf-1.8.0.tar.gz');
const generated = new URL('../../../src/engines/ocsf/generated/schema.ts', import.meta.url);

test('matches what the generator makes of the OCSF archive', {
  skip: existsSync(archive) ? false : `no ${archive}: set SALLYPORT_VECTORS`,
}, () => {
  assert.equal(readFileSync(generated, 'utf8'), generateOcsf(readFileSync(archive)));
});
