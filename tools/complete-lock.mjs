#!/usr/bin/env node
/**
 * Completes package-lock.json after `npm install`. Where a registry lacks a package that another
 * declares as optional for some other platform, npm leaves it out of the lock and `npm ci` then
 * refuses the lock. This adds the missing entries, without integrity, limited to their platform.
 * Plain JavaScript because it must run under any Node. Usage: node tools/complete-lock.mjs [--check] [file]
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { argv, exit, stderr, stdout } from 'node:process';
import { pathToFileURL } from 'node:url';

const operatingSystems = new Set(
  'aix android darwin freebsd linux netbsd openbsd openharmony sunos win32'.split(' '),
);
const processors = new Set(
  'arm arm64 ia32 loong64 mips64el ppc64 riscv64 s390x wasm32 x64'.split(' '),
);

/** Reads os, cpu and libc from a package name such as `@oxlint/binding-linux-x64-musl`. */
export const platformOf = (name) => {
  const words = name.slice(name.indexOf('/') + 1).split('-');
  const os = words.filter((word) => operatingSystems.has(word));
  const cpu = words.filter((word) => processors.has(word));
  if (os.length !== 1 || cpu.length !== 1) return undefined;
  if (os[0] !== 'linux') return { os, cpu };
  const isMusl = words.some((word) => word.startsWith('musl'));
  return { os, cpu, libc: [isMusl ? 'musl' : 'glibc'] };
};

/** Where Node would find `name` when required from the package at `path`; undefined when absent. */
const locate = (packages, path, name) => {
  for (
    let base = path;
    ;
    base = base.slice(0, Math.max(0, base.lastIndexOf('node_modules/') - 1))
  ) {
    const candidate = `${base === '' ? '' : `${base}/`}node_modules/${name}`;
    if (candidate in packages) return candidate;
    if (base === '' || !base.includes('node_modules/')) {
      return `node_modules/${name}` in packages ? `node_modules/${name}` : undefined;
    }
  }
};

/** Every optional dependency a locked package declares and the lock lacks. */
export const missingOptional = (lock) =>
  Object.entries(lock.packages).flatMap(([path, entry]) =>
    Object.entries(entry.optionalDependencies ?? {})
      .filter(([name]) => locate(lock.packages, path, name) === undefined)
      .map(([name, version]) => ({ name, version, isDev: entry.dev === true, wantedBy: path })),
  );

/** Returns the lock with all missing optional entries added; throws when one cannot be described. */
export const completeLock = (lock) => {
  const packages = { ...lock.packages };
  for (const { name, version, isDev, wantedBy } of missingOptional(lock)) {
    const platform = platformOf(name);
    if (platform === undefined || !/^\d+\.\d+\.\d+[\w.+-]*$/.test(version)) {
      throw new Error(`cannot describe optional dependency ${name}@${version} of ${wantedBy}`);
    }
    const { os, cpu, libc } = platform;
    packages[`node_modules/${name}`] = {
      version,
      cpu,
      ...(isDev ? { dev: true } : {}),
      ...(libc === undefined ? {} : { libc }),
      optional: true,
      os,
    };
  }
  const sorted = Object.entries(packages).sort(([a], [b]) => a.localeCompare(b, 'en'));
  return { ...lock, packages: Object.fromEntries(sorted) };
};

const main = (args) => {
  const file = args.find((argument) => !argument.startsWith('--')) ?? 'package-lock.json';
  const lock = JSON.parse(readFileSync(file, 'utf8'));
  const missing = missingOptional(lock);
  if (missing.length === 0) return stdout.write(`${file} is complete\n`);
  if (args.includes('--check')) {
    for (const { name, wantedBy } of missing) stderr.write(`${wantedBy} wants ${name}\n`);
    stderr.write(`${file} lacks ${missing.length} optional packages: run npm run lock\n`);
    return exit(1);
  }
  writeFileSync(file, `${JSON.stringify(completeLock(lock), null, 2)}\n`);
  stdout.write(`${file}: added ${missing.length} optional packages\n`);
};

if (import.meta.url === pathToFileURL(argv[1] ?? '').href) main(argv.slice(2));
