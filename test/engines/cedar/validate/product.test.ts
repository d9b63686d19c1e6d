/** The policies of the product against its schema: valid for us and for the oracle. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { isCedarErrors } from '../../../../src/engines/cedar/syntax/errors.ts';
import { parsePolicies } from '../../../../src/engines/cedar/syntax/parse-policies.ts';
import { validatePolicies } from '../../../../src/engines/cedar/validate/validate.ts';
import { disagreement, mustRead, ourVerdict } from './oracle.ts';

const folder = join(import.meta.dirname, '../../../../content/policies');
const read = (name: string): string => readFileSync(join(folder, name), 'utf8');
const source = read('schema.cedarschema');
const files = readdirSync(folder).filter((name) => name.endsWith('.cedar'));

test('has policies to look at', () => {
  assert.ok(files.length >= 3);
});

for (const name of files)
  test(`finds nothing in ${name}, like the oracle`, () => {
    const schema = mustRead(source);
    assert.deepEqual(ourVerdict(schema, read(name)), { errors: [], warnings: 0 });
    assert.equal(disagreement(source, schema, read(name)), undefined);
  });

test('finds a misspelt attribute in a product policy, and says which was meant', () => {
  const schema = mustRead(source);
  const text = read('guardrails.cedar').replaceAll('principal.disabled', 'principal.disabeld');
  assert.equal(disagreement(source, schema, text), undefined);
  const parsed = parsePolicies(text);
  assert.ok(!isCedarErrors(parsed));
  const findings = validatePolicies(schema, parsed.policies);
  const start = text.indexOf('principal.disabeld');
  assert.deepEqual(
    findings.map(({ policyId, code, span, help }) => ({ policyId, code, span, help })),
    ['User', 'Service', 'Agent'].map(() => ({
      policyId: 'disabled-principals-are-shut-out',
      code: 'E_CEDAR_UNKNOWN_ATTRIBUTE',
      span: { start, end: start + 'principal.disabeld'.length },
      help: 'did you mean `disabled`?',
    })),
  );
});
