/** Strict JSON on any input: total, and never looser than JSON.parse. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { canonicalJson } from '../../src/kernel/canonical-json.ts';
import { isRefusal } from '../../src/kernel/errors.ts';
import type { JsonValue } from '../../src/kernel/json-value.ts';
import { checkJson, parseJson } from '../../src/kernel/strict-json.ts';
import { mutants } from './mutations.ts';

const seeds = [
  '{"model":"m","messages":[{"role":"user","content":"héllo \\u00e9 \\ud83d\\ude00\\n"}],"n":1.5e3}',
  '[[[[]]],{"a":{"b":[true,false,null,-0.5,1e10]}},"\\"\\\\\\/\\b\\f\\n\\r\\t"]',
  '{"a":1,"b":2,"c":3,"d":[],"e":{},"f":"","g":0,"\\u0061b":1}',
  '  "text"  ',
].map((text) => Buffer.from(text));

/** What strict JSON refuses although JSON.parse takes it. */
const stricter =
  /duplicate|lone surrogate|out of range|invalid UTF-8|byte order mark|nesting|members|values/;

const parseOrUndefined = (text: string): { readonly value: unknown } | undefined => {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
};

const compare = (bytes: Uint8Array): void => {
  const value = parseJson(bytes);
  const reference = parseOrUndefined(Buffer.from(bytes).toString());
  if (!isRefusal(value)) {
    assert.deepEqual(value, reference?.value);
    assert.equal(checkJson(bytes), undefined);
  } else if (reference !== undefined) assert.match(value.detail, stricter);
};

test('agrees with JSON.parse on 20,000 mutants, or is stricter for a named reason', () => {
  for (const mutant of mutants(seeds, { count: 20_000 })) compare(mutant);
});

test('is total on arbitrary bytes and text', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      compare(bytes);
    }),
  );
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
      parseJson(text);
    }),
  );
});

test('gives back what canonical JSON wrote', () => {
  fc.assert(
    fc.property(fc.jsonValue({ stringUnit: 'grapheme' }), (value) => {
      const text = canonicalJson(value as JsonValue);
      const parsed = parseJson(text);
      assert.ok(!isRefusal(parsed));
      assert.equal(canonicalJson(parsed), text);
    }),
  );
});
