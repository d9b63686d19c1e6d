/** The strict type checker: the verdicts and warnings of the oracle, on tables made by hand. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { disagreement, mustRead, templateDisagreement } from './oracle.ts';
import type { Table } from './table.ts';
import { actions } from './table-actions.ts';
import { basics } from './table-basics.ts';
import { texts } from './table-texts.ts';
import { types } from './table-types.ts';

const tables: Readonly<Record<string, Table>> = { basics, types, actions, texts };

test('has a table of at least 150 policies', () => {
  const count = Object.values(tables).reduce(
    (sum, { conditions, policies, templates }) =>
      sum + conditions.length + policies.length + templates.length,
    0,
  );
  assert.ok(count >= 150, `${count}`);
});

for (const [name, { schema, conditions, policies, templates }] of Object.entries(tables))
  test(`gives the verdicts and warnings of the oracle on the table "${name}"`, () => {
    const resolved = mustRead(schema);
    const whole = conditions.map(
      (body) => `permit(principal, action == Action::"read", resource) when { ${body} };`,
    );
    const found = [
      ...[...whole, ...policies].map((text) => disagreement(schema, resolved, text)),
      ...templates.map((text) => templateDisagreement(schema, resolved, text)),
    ];
    assert.deepEqual(found.filter(Boolean), []);
  });
