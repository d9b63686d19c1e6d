/** Whatever is posted, the decision point answers below 500 and never permits what it cannot read. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { openDecisionPoint } from './decision-point.ts';
import { recordWorld } from './record-world.ts';

const json = fc.jsonValue({ maxDepth: 4 });
const thing = fc.oneof(
  fc.record(
    { type: fc.oneof(fc.string(), json), id: json, properties: json },
    { requiredKeys: [] },
  ),
  json,
);
const entry = fc.record(
  {
    subject: thing,
    action: fc.oneof(fc.record({ name: json, properties: json }), json),
    resource: thing,
    context: json,
  },
  { requiredKeys: [] },
);
const body = fc.oneof(
  json,
  entry,
  fc
    .tuple(entry, fc.array(fc.oneof(entry, json), { maxLength: 4 }), json)
    .map(([defaults, evaluations, options]) => ({
      ...defaults,
      evaluations,
      options,
    })),
);

it('answers any JSON with 200 or 400, and permits nothing it cannot read', async () => {
  const point = await openDecisionPoint({
    ...recordWorld,
    policies: 'forbid (principal, action, resource);',
  });
  const path = fc.constantFrom('evaluation', 'evaluations');
  const property = fc.asyncProperty(path, body, async (where, what) => {
    const answer = await point.raw(where, JSON.stringify(what));
    assert.ok([200, 400].includes(answer.statusCode), `${answer.statusCode} ${answer.body}`);
    assert.ok(!answer.body.includes('"decision":true'), answer.body);
  });
  await fc.assert(property, { numRuns: Number(process.env['SALLYPORT_PROPERTY_RUNS'] ?? 200) });
  await point.close();
});

const mcpBody = fc.record(
  {
    method: fc.oneof(fc.constantFrom('tools/call', 'tools/list', 'prompts/get'), json),
    params: json,
    token: fc.oneof(fc.record({ sub: json, aud: json, client_id: json }), json),
    tool: fc.record({
      inputSchema: fc.record({ 'x-authzen-mapping': fc.record({ evaluation: entry }) }),
    }),
  },
  { requiredKeys: ['method', 'token'] },
);

it('answers any MCP request with 200 or 400, and permits only what nobody is asked about', async () => {
  const point = await openDecisionPoint({
    ...recordWorld,
    policies: 'forbid (principal, action, resource);',
  });
  const property = fc.asyncProperty(mcpBody, async (what) => {
    const answer = await point.raw('mcp', JSON.stringify(what));
    assert.ok([200, 400].includes(answer.statusCode), `${answer.statusCode} ${answer.body}`);
    const isPassed = /^"(?:ping"|notifications\/)/.test(JSON.stringify(what.method));
    assert.ok(isPassed || !answer.body.includes('"decision":true'), answer.body);
  });
  await fc.assert(property, { numRuns: Number(process.env['SALLYPORT_PROPERTY_RUNS'] ?? 200) });
  await point.close();
});
