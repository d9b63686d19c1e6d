/** The generated code is what protoc makes of the proto files today. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { generateProtos } from '../../../tools/generate-protos.ts';

const committed = 'src/doors/workload-api/generated';

const hasProtoc = (): boolean => {
  try {
    execFileSync('protoc', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};

const skip = hasProtoc() ? false : 'protoc is not installed: generated code was NOT compared';

it('has not drifted from the proto files', { skip }, () => {
  const directory = mkdtempSync(join(tmpdir(), 'protos-'));
  try {
    generateProtos(directory);
    assert.deepEqual(readdirSync(directory).sort(), readdirSync(committed).sort());
    for (const name of readdirSync(directory))
      assert.equal(
        readFileSync(join(directory, name), 'utf8'),
        readFileSync(join(committed, name), 'utf8'),
        name,
      );
  } finally {
    rmSync(directory, { recursive: true });
  }
});

it('runs by stripping types: no enums, no parameter properties', () => {
  for (const name of readdirSync(committed))
    assert.doesNotMatch(readFileSync(join(committed, name), 'utf8'), /^\s*(?:export )?enum /m);
});
