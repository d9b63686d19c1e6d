/**
 * Cedar's WebAssembly build behind the seam: the oracle of our own evaluator and its replacement where
 * a configuration asks for it. Only the files wasm-*.ts know it. A trap of the WebAssembly code becomes
 * a failure and a fresh instance.
 */
import {
  checkEntities,
  evaluate,
  type Guard,
  parsePolicy,
  preparePolicies,
  prepareSchema,
  release,
  schemaJson,
  validate,
} from './wasm-calls.ts';
import { type CedarInstance, discardCedar, loadCedar, slotOf } from './wasm-module.ts';
import type { CedarEvaluator } from './evaluator.ts';

const isTrap = (thrown: unknown): boolean =>
  thrown instanceof RangeError || (thrown instanceof Error && thrown.name === 'RuntimeError');

/** Runs calls on the instance of this thread; whatever they throw becomes an answer. */
const createGuard = (): Guard => {
  let current: CedarInstance | undefined;
  return (call, onFailure) => {
    const on = current === undefined || current.trapped ? loadCedar() : current;
    current = on;
    try {
      return call(on.api, on);
    } catch (thrown) {
      if (!isTrap(thrown)) return onFailure(String(thrown));
      discardCedar(on);
      return onFailure('the policy engine ran out of stack');
    }
  };
};

/** Makes an evaluator; Cedar is loaded at its first call. */
export const createWasmEvaluator = (): CedarEvaluator => {
  const guard = createGuard();
  return {
    parsePolicy: (text) => parsePolicy(guard, text),
    preparePolicies: (policies) => preparePolicies(guard, policies),
    prepareSchema: (schema) => prepareSchema(guard, schema),
    holds: (prepared) => !slotOf(prepared).instance.trapped,
    release: (prepared) => release(guard, prepared),
    evaluate: (call) => evaluate(guard, call),
    validate: (policies, schema) => validate(guard, policies, schema),
    checkEntities: (entities, schema) => checkEntities(guard, entities, schema),
    schemaJson: (schema) => schemaJson(guard, schema),
  };
};
