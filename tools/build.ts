/**
 * `npm run build [-- DIRECTORY]`: the publishable package in dist/. JavaScript and declarations
 * from src, the data the product ships, and a manifest whose exports point at them. The pinned Node
 * stays out: users of the published package bring their own.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, globSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

type Manifest = {
  readonly [key: string]: unknown;
  readonly exports: Readonly<Record<string, string>>;
};
export type ExportTarget = string | { readonly types: string; readonly default: string };

const compiled = (path: string, extension: string): string => path.replace(/\.ts$/, extension);

/** `./src/x.ts` becomes `{types, default}`; everything else is kept. */
export const mapExport = (target: string): ExportTarget =>
  target.endsWith('.ts')
    ? { types: compiled(target, '.d.ts'), default: compiled(target, '.js') }
    : target;

/** The manifest to publish: no scripts, no workspaces, no development and no pinned runtime. */
export const publishedManifest = (manifest: Manifest): Readonly<Record<string, unknown>> => {
  const {
    scripts: _scripts,
    workspaces: _workspaces,
    devDependencies: _development,
    optionalDependencies: _runtime,
    exports,
    ...kept
  } = manifest;
  return {
    ...kept,
    exports: Object.fromEntries(
      Object.entries(exports).map(([name, target]) => [name, mapExport(target)]),
    ),
    files: ['bin', 'src', 'content'],
  };
};

/** The compiler rewrites imports, not the URLs of worker files. */
export const rewriteWorkerUrls = (javascript: string): string =>
  javascript.replace(/(new URL\(\s*['"]\.[^'"]*)\.ts(['"],\s*import\.meta\.url)/g, '$1.js$2');

const main = (out: string): void => {
  rmSync(out, { recursive: true, force: true });
  execFileSync('tsc', ['-p', 'tsconfig.build.json', '--outDir', join(out, 'src')], {
    stdio: 'inherit',
  });
  for (const file of globSync(`${out}/src/**/*.js`)) {
    const before = readFileSync(file, 'utf8');
    const after = rewriteWorkerUrls(before);
    if (after !== before) writeFileSync(file, after);
  }
  for (const file of globSync('src/**/*.{json,wasm,sql}')) cpSync(file, join(out, file));
  for (const path of ['bin', 'content', 'LICENSE', 'README.md', 'CHANGELOG.md', 'SECURITY.md'])
    if (existsSync(path)) cpSync(path, join(out, path), { recursive: true });
  const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as Manifest;
  const published = JSON.stringify(publishedManifest(manifest), null, 2);
  writeFileSync(join(out, 'package.json'), `${published}\n`);
  process.stdout.write(`${out} is ready to publish\n`);
};

if (import.meta.main) main(process.argv[2] ?? 'dist');
