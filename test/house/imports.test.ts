/** The four floors hold: see ARCHITECTURE.md. Prints who imports whom. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { describe, it } from 'node:test';
import {
  findCycles,
  findViolations,
  formatMatrix,
  importsIn,
  readImports,
  roomEdges,
} from '../../tools/import-graph.ts';

const imports = readImports('.');

describe('floors', () => {
  it('has only imports that point downwards and through doors', () => {
    process.stdout.write(`${formatMatrix(imports)}\n`);
    assert.deepEqual(findViolations(imports), []);
  });

  it('has no circle between rooms, not even of types', () => {
    assert.deepEqual(findCycles(roomEdges(imports)), []);
  });

  it('has no circle between files that load each other', () => {
    const loaded = imports.filter((edge) => edge.isRelative && !edge.isTypeOnly && !edge.isLazy);
    assert.deepEqual(findCycles(loaded), []);
  });

  it('imports only files that exist', () => {
    const missing = imports.filter((edge) => edge.isRelative && !existsSync(edge.to));
    assert.deepEqual(missing, []);
  });
});

describe('the floor rules', () => {
  const forbidden: readonly (readonly [string, string, RegExp])[] = [
    ['src/kernel/a.ts', "import { b } from '../platform/log/index.ts';", /kernel may not import/],
    ['src/kernel/a.ts', "import { z } from 'zod';", /depends on no package/],
    ['src/engines/pki/a.ts', "import { b } from '../../platform/log/index.ts';", /engines may not/],
    [
      'src/platform/log/a.ts',
      "import type { B } from '../../engines/pki/index.ts';",
      /platform may/,
    ],
    ['src/domains/x/a.ts', "export { b } from '../../doors/api/index.ts';", /domains may not/],
    ['src/domains/x/a.ts', "import { b } from '../y/store.ts';", /only through src\/domains\/y/],
    ['src/domains/x/a.ts', "import { b } from '../../platform/log/deep/index.ts';", /only through/],
    ['src/domains/x/a.ts', "const b = await import('../y/store.ts');", /only through/],
    ['src/domains/x/a.ts', "new Worker(new URL('../y/store.ts', import.meta.url))", /only through/],
    ['src/doors/x/a.ts', "import { b } from '../../../test/b.ts';", /only from src/],
    ['src/doors/x/a.ts', "import { b } from '../../compose.ts';", /doors may not import top/],
  ];
  for (const [from, text, what] of forbidden) {
    it(`refuses in ${from}: ${text}`, () => {
      assert.match(findViolations(importsIn(from, text))[0]?.what ?? 'accepted', what);
    });
  }

  it('accepts neighbours through the door and everything below', () => {
    const text = [
      "import { a } from '../y/index.ts';",
      'import {',
      '  b,',
      "} from '../../engines/pki/index.ts';",
      "import { c } from '../../kernel/errors.ts';",
      "import { d } from './deep/d.ts';",
    ].join('\n');
    const found = importsIn('src/domains/x/a.ts', text);
    assert.equal(found.length, 4);
    assert.deepEqual(findViolations(found), []);
  });

  it('finds a circle of three', () => {
    const edges = [
      { from: 'a', to: 'b' },
      { from: 'b', to: 'c' },
      { from: 'c', to: 'a' },
    ];
    assert.deepEqual(findCycles(edges), [['a', 'b', 'c', 'a']]);
  });
});
