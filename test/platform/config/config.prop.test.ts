/** No configuration input crashes the program: it is accepted, or refused with a code. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readConfigText } from '../../../src/platform/config/read-file.ts';
import { SallyportError } from '../../../src/kernel/errors.ts';
import {
  explainConfig,
  listConfigFields,
  resolveConfig,
} from '../../../src/platform/config/index.ts';

const fields = listConfigFields();
const settles = (run: () => ReturnType<typeof resolveConfig>): void => {
  try {
    JSON.stringify(explainConfig(run()));
  } catch (error) {
    assert.ok(error instanceof SallyportError, String(error));
    assert.match(error.code, /^E_CONFIG_/);
  }
};

const sample = [
  'dataDir: ./x',
  'server:',
  '  port: 7700',
  '  tls: {mode: required, certFile: a, keyFile: b}',
  'gateway:',
  '  listeners:',
  '    - {host: "::1", port: 1, tls: off}',
  'ledger: &l',
  '  witnesses: [a, b]',
  'log: *l',
].join('\n');

test('any text as configuration file is accepted or refused', () => {
  const path = 'f.yaml';
  fc.assert(
    fc.property(fc.string({ maxLength: 200, unit: 'binary' }), (text) =>
      settles(() => resolveConfig({}, readConfigText({ path, text }, fields))),
    ),
    { numRuns: 300 },
  );
  const mutation = fc.tuple(fc.nat(sample.length), fc.nat(8), fc.string({ maxLength: 5 }));
  fc.assert(
    fc.property(fc.array(mutation, { maxLength: 4 }), (mutations) => {
      let text = sample;
      for (const [at, cut, insert] of mutations)
        text = text.slice(0, at) + insert + text.slice(at + cut);
      settles(() => resolveConfig({}, readConfigText({ path, text }, fields)));
    }),
    { numRuns: 500 },
  );
});

test('deep nesting is refused, not a stack overflow', () => {
  for (const text of ['['.repeat(100_000), '{a: '.repeat(20_000), '- '.repeat(50_000)])
    settles(() => resolveConfig({}, readConfigText({ path: 'f.yaml', text }, fields)));
});

test('any value of any key from any source is accepted or refused', () => {
  const anyField = fc.constantFrom(...fields);
  fc.assert(
    fc.property(anyField, fc.string({ maxLength: 60 }), (field, text) => {
      settles(() => resolveConfig({ env: { [field.environmentName]: text } }));
      settles(() => resolveConfig({ args: { [field.key]: text } }));
    }),
    { numRuns: 300 },
  );
  fc.assert(
    fc.property(anyField, fc.jsonValue(), (field, value) => {
      const nested = field.path.reduceRight<unknown>((inner, name) => ({ [name]: inner }), value);
      settles(() =>
        resolveConfig({}, readConfigText({ path: 'f', text: JSON.stringify(nested) }, fields)),
      );
    }),
    { numRuns: 300 },
  );
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.string()), (args) =>
      settles(() => resolveConfig({ args, env: args })),
    ),
    { numRuns: 200 },
  );
});
