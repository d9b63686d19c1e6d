/** An act of the story: what is told, what it does, and how the outcome is judged. */
import assert from 'node:assert/strict';
import type { Outcome } from './caller.ts';
import type { Digit } from './digits.ts';
import type { ActResult, Narrator } from './narrator.ts';
import type { Stage } from './stage.ts';

export type Act = {
  readonly name: string;
  /** How it must end. */
  readonly told: string;
  /** Returns what happened; throws when it did not end as told. */
  readonly play: (stage: Stage) => Promise<string>;
};

export const inferPath = '/v2/models/digits/infer';

/** A V2 request that asks for the labels of some digits. */
export const requestFor = (digits: readonly Digit[]): unknown => ({
  id: 'factory',
  inputs: [
    {
      name: 'pixels',
      datatype: 'FP32',
      shape: [digits.length, 784],
      data: digits.flatMap(({ pixels }) => [...pixels]),
    },
  ],
});

type InferAnswer = {
  readonly outputs?: readonly { readonly name: string; readonly data: readonly number[] }[];
};

/** The labels in an answer; empty when it holds none. */
export const labelsIn = (outcome: Outcome): readonly number[] => {
  const { outputs = [] } = (outcome.body ?? {}) as InferAnswer;
  return outputs.find(({ name }) => name === 'label')?.data ?? [];
};

/** Checks a refusal: its status, its code, and that it says nothing about the inside. */
export const expectRefusal = (outcome: Outcome, status: number, code: string): string => {
  assert.equal(outcome.status, status, `status ${outcome.status} ${outcome.code}`);
  assert.equal(outcome.code, code);
  const text = JSON.stringify(outcome.body);
  assert.ok(!/node:internal|\.ts:\d+|\bat .*\(/.test(text), `the answer shows a stack: ${text}`);
  const { error = '' } = outcome.body as { readonly error?: string };
  return `${status} ${code}, "${error}"`;
};

/** Plays acts one after the other; an act that fails does not end the story. */
export const playActs = async (
  stage: Stage,
  acts: readonly Act[],
  narrator: Narrator,
): Promise<readonly ActResult[]> => {
  const results: ActResult[] = [];
  for (const { name, told, play } of acts) {
    const startMs = performance.now();
    const result = await play(stage).then(
      (happened) => ({ happened, ok: true }),
      (error: unknown) => ({
        happened: error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error),
        ok: false,
      }),
    );
    results.push({ name, told, ...result, milliseconds: performance.now() - startMs });
    narrator.act(results.at(-1) as ActResult);
  }
  return results;
};
