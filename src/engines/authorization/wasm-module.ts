/**
 * The WebAssembly build of Cedar, loaded when first needed and reloaded when it trapped. Its caches
 * are per instance and have no eviction, so the names of cached policy sets and schemas are slots
 * that are handed out again; the book of slots lives on the instance it describes.
 */
import { createRequire } from 'node:module';
import type * as Cedar from '@cedar-policy/cedar-wasm/nodejs';
import { SallyportError } from '../../kernel/errors.ts';
import { authorizationErrors } from './errors.ts';
import type { Prepared } from './evaluator.ts';

export type CedarApi = typeof Cedar;

/** One loaded WebAssembly instance. `trapped` means it must not be called again. */
export type CedarInstance = {
  readonly api: CedarApi;
  trapped: boolean;
  takeSlot: () => string;
  giveSlot: (slot: string) => void;
};

/** Where an instance keeps what was prepared. */
export type Slot = { readonly slot: string; readonly instance: CedarInstance };

export const inSlot = (kind: Prepared['kind'], handle: Slot): Prepared => ({ kind, handle });

/** The slot of something this evaluator prepared. */
export const slotOf = ({ handle }: Prepared): Slot => handle as Slot;

const moduleName = '@cedar-policy/cedar-wasm/nodejs';
const instanceKey = Symbol.for('sallyport.cedar-instance');
type Annotated = CedarApi & { [instanceKey]?: CedarInstance };

const describe = (api: CedarApi): CedarInstance => {
  const free: string[] = [];
  let taken = 0;
  return {
    api,
    trapped: false,
    takeSlot: () => free.pop() ?? `slot${taken++}`,
    giveSlot: (slot) => {
      free.push(slot);
    },
  };
};

/**
 * The instance of this thread. The module cache of Node makes it one per thread.
 *
 * @throws SallyportError E_POLICY_ENGINE when the package cannot be loaded
 */
export const loadCedar = (): CedarInstance => {
  const require = createRequire(import.meta.url);
  try {
    const api = require(moduleName) as Annotated;
    return (api[instanceKey] ??= describe(api));
  } catch (cause) {
    throw new SallyportError(authorizationErrors.E_POLICY_ENGINE, 'cedar-wasm cannot be loaded', {
      cause,
    });
  }
};

/** Makes sure that nobody gets this instance again. */
export const discardCedar = (instance: CedarInstance): void => {
  if (instance.trapped) return;
  instance.trapped = true;
  const require = createRequire(import.meta.url);
  delete require.cache[require.resolve(moduleName)];
};
