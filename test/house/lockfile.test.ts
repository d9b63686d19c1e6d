/** The lock file installs everywhere: complete, exact, without hosts and install scripts. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { completeLock, missingOptional, platformOf } from '../../tools/complete-lock.mjs';

type Entry = {
  readonly version?: string;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly link?: boolean;
  readonly dev?: boolean;
  readonly devOptional?: boolean;
  readonly optional?: boolean;
  readonly hasInstallScript?: boolean;
  readonly os?: readonly string[] | string;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
};
type Lock = { readonly packages: Readonly<Record<string, Entry>> };
type Manifest = {
  readonly workspaces?: readonly string[];
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
};

const readLock = (file: string): Lock => JSON.parse(readFileSync(file, 'utf8')) as Lock;
const readManifest = (file: string): Manifest => JSON.parse(readFileSync(file, 'utf8')) as Manifest;

const locks = ['package-lock.json', ...globSync('bench/peers/package-lock.json')];
const manifest = readManifest('package.json');
const manifests = [
  'package.json',
  ...(manifest.workspaces ?? []).map((workspace) => `${workspace}/package.json`),
  ...globSync('bench/peers/package.json'),
];

for (const file of locks) {
  describe(file, () => {
    const lock = readLock(file);
    const installed = Object.entries(lock.packages).filter(([path]) => /node_modules\//.test(path));

    it('has an entry for every optional dependency, so that npm ci accepts it', () => {
      assert.deepEqual(missingOptional(lock), []);
    });

    it('names no registry host', () => {
      const hosts = installed.filter(([, entry]) => entry.resolved?.includes('://'));
      assert.deepEqual(hosts, []);
    });

    it('pins every package by integrity, except optional tools of other platforms', () => {
      const loose = installed
        .filter(([, entry]) => entry.link !== true && entry.integrity === undefined)
        .filter(([, { optional, dev, os }]) => !(optional && dev && os !== undefined));
      assert.deepEqual(loose, []);
    });
  });
}

describe('the default install', () => {
  it('runs no install script', () => {
    const entries = Object.entries(readLock('package-lock.json').packages);
    assert.deepEqual(
      entries.filter(([, entry]) => entry.hasInstallScript === true),
      [],
    );
  });

  it('locks every workspace', () => {
    const { packages } = readLock('package-lock.json');
    for (const workspace of manifest.workspaces ?? []) assert.ok(workspace in packages, workspace);
  });

  it('has at most 25 direct runtime dependencies', () => {
    assert.ok(Object.keys(manifest.dependencies ?? {}).length <= 25);
  });
});

for (const file of manifests) {
  it(`${file} asks for exact versions only`, () => {
    const { dependencies, devDependencies, optionalDependencies } = readManifest(file);
    const wanted = { ...dependencies, ...devDependencies, ...optionalDependencies };
    for (const [name, version] of Object.entries(wanted))
      assert.match(version, /^\d+\.\d+\.\d+(?:-[\w.]+)?$/, name);
  });
}

describe('complete-lock', () => {
  it('reads the platform from a package name', () => {
    assert.deepEqual(platformOf('@oxlint/binding-linux-x64-musl'), {
      os: ['linux'],
      cpu: ['x64'],
      libc: ['musl'],
    });
    assert.deepEqual(platformOf('@biomejs/cli-darwin-arm64'), { os: ['darwin'], cpu: ['arm64'] });
    assert.equal(platformOf('left-pad'), undefined);
  });

  it('adds what is missing and finds nothing the second time', () => {
    const lock = {
      packages: {
        'node_modules/tool': { dev: true, optionalDependencies: { 'tool-linux-arm': '1.0.0' } },
      },
    };
    const done = completeLock(lock);
    assert.deepEqual(done.packages['node_modules/tool-linux-arm'], {
      version: '1.0.0',
      cpu: ['arm'],
      dev: true,
      libc: ['glibc'],
      optional: true,
      os: ['linux'],
    });
    assert.deepEqual(missingOptional(done), []);
  });

  it('finds a nested copy but not one of a sibling', () => {
    const wants = { optionalDependencies: { tool: '1.0.0' } };
    const nested = {
      packages: { 'node_modules/a': wants, 'node_modules/a/node_modules/tool': {} },
    };
    const sibling = {
      packages: { 'node_modules/a': wants, 'node_modules/b/node_modules/tool': {} },
    };
    assert.equal(missingOptional(nested).length, 0);
    assert.equal(missingOptional(sibling).length, 1);
  });

  it('refuses to guess a platform or a range', () => {
    const entry = (name: string, version: string) => ({
      packages: { 'node_modules/a': { optionalDependencies: { [name]: version } } },
    });
    assert.throws(() => completeLock(entry('left-pad', '1.0.0')), /cannot describe/);
    assert.throws(() => completeLock(entry('a-linux-x64', '^1.0.0')), /cannot describe/);
  });
});
