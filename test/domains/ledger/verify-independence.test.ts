/** The verifier shares no code with the writer beyond hashing and the note format. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

const directory = join(import.meta.dirname, '../../../src/domains/ledger/verify');
const shared = new Set([
  // The two hash functions, the root of nothing, and the note format with its keys and policies.
  'leafHash',
  'nodeHash',
  'emptyRoot',
  'verifyCheckpoint',
  'parseVerifierKey',
  'keyTypes',
  'type CheckpointPolicy',
  'type VerifiedCheckpoint',
  'type VerifierKey',
  'CheckpointPolicy',
  'VerifiedCheckpoint',
]);
const kernel = new Set(['base64url', 'crc32c', 'errors', 'strict-json']);

const importsOf = (
  source: string,
): readonly { readonly names: string[]; readonly from: string }[] =>
  [...source.matchAll(/(?:import|export)(?: type)? \{([^}]*)\} from '([^']+)'/g)].map(
    ([, names = '', from = '']) => ({
      names: names
        .split(',')
        .map((name) => name.trim())
        .filter((name) => name !== ''),
      from,
    }),
  );

for (const file of readdirSync(directory).filter((name) => name.endsWith('.ts'))) {
  test(`imports only what is shared on purpose: ${file}`, () => {
    for (const { names, from } of importsOf(readFileSync(join(directory, file), 'utf8'))) {
      if (from.startsWith('./') || from.startsWith('node:')) continue;
      const kernelFile = /^\.\.\/\.\.\/\.\.\/kernel\/([a-z0-9-]+)\.ts$/.exec(from)?.[1];
      if (kernelFile !== undefined) {
        assert.ok(kernel.has(kernelFile), from);
        continue;
      }
      assert.equal(from, '../../../engines/merkle/index.ts');
      for (const name of names) assert.ok(shared.has(name), `${name} from ${from}`);
    }
  });
}
