/** The evaluators by name: our own, and Cedar's WebAssembly build for whoever wants to compare. */
import type { CedarEvaluator } from './evaluator.ts';
import { createOwnEvaluator } from './own-evaluator.ts';
import { createWasmEvaluator } from './wasm-evaluator.ts';

export type EvaluatorName = 'sallyport' | 'cedar-wasm';

export const defaultEvaluator: EvaluatorName = 'sallyport';

/** Makes an evaluator. `cedar-wasm` is loaded at its first call (20 ms, 40 MB). */
export const createEvaluator = (name: EvaluatorName = defaultEvaluator): CedarEvaluator =>
  name === 'cedar-wasm' ? createWasmEvaluator() : createOwnEvaluator();
