/**
 * Prints the OpenAPI document a server answers at /openapi.json, without starting one:
 * `node tools/openapi.ts [VERSION]`.
 */
import { readFileSync } from 'node:fs';
import { type ApiContext, type ApiDeps, registerApi } from '../src/doors/api/index.ts';
import { type AuthzenDeps, registerAuthzen } from '../src/doors/authzen/index.ts';
import { systemClock, systemRandom } from '../src/kernel/effects.ts';
import { createHttpApp } from '../src/platform/http/index.ts';
import { createMemoryLog } from '../src/platform/log/index.ts';
import { createMetrics } from '../src/platform/metrics/index.ts';

/** Registers the routes without neighbours, which only handlers need, and prints the document. */
export const renderOpenApi = async (version: string): Promise<string> => {
  const log = createMemoryLog();
  const metrics = createMetrics();
  const app = await createHttpApp<ApiContext>({
    log,
    metrics,
    clock: systemClock,
    random: systemRandom,
    info: { title: 'Sallyport', version, description: 'Control plane' },
    authorize: () => {
      throw new Error('this application answers nothing');
    },
  });
  registerApi(app, { log, metrics, leastPrivilege: {} } as unknown as ApiDeps);
  registerAuthzen(app, {} as AuthzenDeps);
  await app.ready();
  const document = `${JSON.stringify(app.openApi(), null, 2)}\n`;
  await app.close();
  return document;
};

const main = async (args: readonly string[]): Promise<void> => {
  const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as { readonly version: string };
  process.stdout.write(await renderOpenApi(args[0] ?? manifest.version));
};

if (import.meta.main) await main(process.argv.slice(2));
