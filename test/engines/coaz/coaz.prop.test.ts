/** Hostile expressions, mappings and requests: no throw, no growth, no other subject than the token's. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { compileCel, mapMcpRequest, mcpAnswer } from '../../../src/engines/coaz/index.ts';
import { isRefusal } from '../../../src/kernel/errors.ts';
import type { JsonObject, JsonValue } from '../../../src/kernel/json-value.ts';

const numRuns = Number(process.env['SALLYPORT_PROPERTY_RUNS'] ?? 1000);
const words =
  'params token . .? [? [ ] ( ) { } , : ? + - * / % && || ! == != < <= in has( size( string( int( orValue( a b 0 1 7u 2.5 "x" \'y\' b"z" null true false `k-k` \\ " \' // $ 9223372036854775807'.split(
    ' ',
  );
const text = fc.oneof(
  fc.array(fc.constantFrom(...words), { maxLength: 30 }).map((parts) => parts.join(' ')),
  fc.array(fc.constantFrom(...words), { maxLength: 30 }).map((parts) => parts.join('')),
  fc.string({ unit: 'binary', maxLength: 60 }),
);
const json = fc.jsonValue({ maxDepth: 4 }) as fc.Arbitrary<JsonValue>;

it('never throws and stays small, whatever the expression and the data', () => {
  const property = fc.property(text, json, json, (source, params, token) => {
    const program = compileCel(source, ['params', 'token']);
    if (isRefusal(program)) return;
    const result = program.run({ params, token });
    if (isRefusal(result)) assert.match(result.detail, /^column [0-9]+: /);
    else if ('value' in result) assert.ok(JSON.stringify(result.value).length < 1_000_000);
  });
  fc.assert(property, { numRuns });
});

it('gives JSON back as it came', () => {
  const program = compileCel('params', ['params']);
  assert.ok(!isRefusal(program));
  const property = fc.property(json, (params) => {
    assert.deepEqual(program.run({ params }), { value: params });
  });
  fc.assert(property, { numRuns });
});

/** A sum as text and as bigint; undefined where CEL has no value. */
type Sum = readonly [string, bigint | undefined];
const fits = (value: bigint): boolean => value === BigInt.asIntN(64, value);
const apply = (operator: string, left: bigint, right: bigint): bigint | undefined => {
  if (operator === '+') return left + right;
  if (operator === '-') return left - right;
  if (operator === '*') return left * right;
  if (right === 0n) return undefined;
  return operator === '/' ? left / right : left % right;
};
const { sum } = fc.letrec<{ sum: Sum; leaf: Sum; node: Sum }>((tie) => ({
  sum: fc.oneof({ depthSize: 'small', withCrossShrink: true }, tie('leaf'), tie('node')),
  leaf: fc
    .oneof(fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n), fc.bigInt(-9n, 9n))
    .map((value): Sum => [String(value), value]),
  node: fc
    .tuple(tie('sum'), fc.constantFrom('+', '-', '*', '/', '%'), tie('sum'))
    .map(([left, operator, right]): Sum => {
      const source = `(${left[0]} ${operator} ${right[0]})`;
      if (left[1] === undefined || right[1] === undefined) return [source, undefined];
      const value = apply(operator, left[1], right[1]);
      return [source, value !== undefined && fits(value) ? value : undefined];
    }),
}));

it('calculates with 64-bit integers as bigints do, and faults where they do not fit', () => {
  const property = fc.property(sum, ([source, value]) => {
    const program = compileCel(`string(${source})`, []);
    if (isRefusal(program)) return assert.equal(program.error.code, 'E_CEL_LIMIT');
    const result = program.run({});
    if (value === undefined) assert.ok(isRefusal(result), source);
    else assert.deepEqual(result, { value: String(value) });
  });
  fc.assert(property, { numRuns });
});

const leaf = fc.oneof(
  text.map((source) => `$${source}`),
  fc.constantFrom('$token.sub', '$params.who', '$params.?none', '$params', 'x', '$$x'),
  json,
);
const part = fc.oneof(
  { weight: 4, arbitrary: fc.record({ type: leaf, id: leaf, name: leaf }, { requiredKeys: [] }) },
  { weight: 1, arbitrary: leaf },
);
const envelope = fc.record(
  {
    subject: fc.oneof(part, fc.constant({ type: 'user', id: '$token.sub' })),
    action: fc.oneof(part, fc.constant({ name: 'do' })),
    resource: fc.oneof(part, fc.constant({ type: 'thing', id: '$params.who' })),
    context: part,
    evaluations: fc.oneof(
      fc.array(fc.oneof(part, fc.record({ resource: part })), { maxLength: 3 }),
      leaf,
    ),
  },
  { requiredKeys: [] },
);
const mapping = fc.oneof(
  fc.record({ evaluation: envelope, evaluations: envelope }, { requiredKeys: [] }),
  json,
);

it('asks about nobody but the subject of the token, whatever a tool declares', () => {
  const property = fc.property(mapping, json, json, (declared, params, who) => {
    const token: JsonObject = { sub: 'alice', client_id: 'app' };
    const mapped = mapMcpRequest({
      method: 'tools/call',
      params: { who, name: 'x', params },
      token,
      tool: { inputSchema: { 'x-authzen-mapping': declared as JsonValue } },
    });
    assert.notEqual(mapped.kind, 'pass');
    assert.equal(mcpAnswer(mapped, undefined).decision, false);
    if (mapped.kind === 'error') return assert.equal(mapped.code, -32602);
    if (mapped.kind === 'pass') return undefined;
    assert.equal(mapped.request.subject.id, 'alice');
    if (mapped.kind === 'evaluations')
      for (const entry of mapped.request.evaluations) assert.ok(!('subject' in entry));
  });
  fc.assert(property, { numRuns });
});

it('maps any method and any token or says why not', () => {
  const method = fc.oneof(
    fc.string(),
    fc.constantFrom('tools/call', 'tasks/get', 'tools/list', 'ping', 'notifications/x'),
  );
  const object = fc.dictionary(fc.constantFrom('sub', 'aud', 'client_id', '__proto__', 'x'), json);
  const property = fc.property(method, json, object, (name, params, token) => {
    const mapped = mapMcpRequest({ method: name, params, token });
    if (mapped.kind === 'evaluation') assert.equal(mapped.request.subject.id, token['sub']);
    assert.equal(mcpAnswer(mapped, undefined).decision, mapped.kind === 'pass');
  });
  fc.assert(property, { numRuns });
});
