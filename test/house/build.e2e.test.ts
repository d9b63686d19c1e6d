/** The package that would be published runs from anywhere, with nothing of the repository around. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, describe, it } from 'node:test';

type Manifest = {
  readonly exports: Readonly<
    Record<string, string | { readonly types: string; readonly default: string }>
  >;
  readonly optionalDependencies?: unknown;
  readonly devDependencies?: unknown;
};

describe('npm run build', () => {
  let out = '';
  const read = (): Manifest =>
    JSON.parse(readFileSync(join(out, 'package.json'), 'utf8')) as Manifest;

  before(() => {
    out = mkdtempSync(join(tmpdir(), 'sallyport-build-'));
    const built = spawnSync(process.execPath, ['tools/build.ts', out], { encoding: 'utf8' });
    assert.equal(built.status, 0, `${built.stdout}${built.stderr}`);
    symlinkSync(resolve('node_modules'), join(out, 'node_modules'));
  });
  after(() => rmSync(out, { recursive: true, force: true }));

  it('leaves development and the pinned runtime out of the manifest', () => {
    const manifest = read();
    assert.equal(manifest.optionalDependencies, undefined);
    assert.equal(manifest.devDependencies, undefined);
  });

  it('has a file behind every export', () => {
    for (const [name, target] of Object.entries(read().exports)) {
      const files = typeof target === 'string' ? [target] : [target.types, target.default];
      for (const file of files) assert.ok(existsSync(join(out, file)), `${name}: ${file}`);
    }
  });

  it('runs the command line from compiled files', () => {
    const args = [join(out, 'bin/sallyport.js'), 'doctor', '--json', '--data-dir', join(out, 'd')];
    const { stdout, stderr } = spawnSync(process.execPath, args, {
      encoding: 'utf8',
      cwd: tmpdir(),
    });
    const { checks } = JSON.parse(stdout || '{}') as { readonly checks?: readonly unknown[] };
    assert.ok(checks && checks.length > 3, stderr);
  });

  it('starts and stops a server with its worker threads', async () => {
    const args = ['server', '--data-dir', join(out, 'data'), '--port', '0', '--json'];
    const { startProgram } = await import('../../examples/factory/programs.ts');
    const server = await startProgram([join(out, 'bin/sallyport.js'), ...args]);
    assert.match(String(server.announced['url']), /^http:\/\/127\.0\.0\.1:\d+$/);
    assert.equal(await server.stop(), 0);
  });
});
