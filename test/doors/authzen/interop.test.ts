/** The AuthZEN interop vectors, over HTTP: evaluation and evaluations of the todo and gateway scenarios. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { openDecisionPoint } from './decision-point.ts';
import { type TodoFixture, todoWorld } from './todo-world.ts';

const folder = join(
  process.env['SALLYPORT_VECTORS'] ?? join(import.meta.dirname, '../../../../shared/vectors'),
  'compliance/authzen',
);
const skip = existsSync(join(folder, 'cases.json')) ? false : `no ${folder}: set SALLYPORT_VECTORS`;

type Case = {
  readonly id: string;
  readonly endpoint: string;
  readonly request: unknown;
  readonly expected: unknown;
};
const read = (name: string): unknown => JSON.parse(readFileSync(join(folder, name), 'utf8'));

describe('AuthZEN interop vectors', { skip }, async () => {
  if (skip !== false) return;
  const point = await openDecisionPoint(todoWorld(read('fixture.json') as TodoFixture));
  after(() => point.close());
  const cases = (read('cases.json') as readonly Case[]).filter(({ endpoint }) =>
    endpoint.startsWith('evaluation'),
  );

  it('are all there', () => assert.equal(cases.length, 36));

  for (const { id, endpoint, request, expected } of cases)
    it(id, async () => {
      const answer = (await point.post(endpoint, request)) as {
        readonly decision?: boolean;
        readonly evaluations?: readonly { readonly decision: boolean }[];
      };
      const found = answer.evaluations?.map(({ decision }) => ({ decision })) ?? answer.decision;
      assert.deepEqual(found, expected);
    });
});
