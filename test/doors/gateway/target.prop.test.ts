/** An accepted target means the same to us and to a URL parser; everything else is refused. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { parseTarget } from '../../../src/doors/gateway/front/target.ts';
import { parseHead } from '../../../src/doors/gateway/front/head.ts';
import { isRefusal } from '../../../src/kernel/errors.ts';

const fragment = fc.constantFrom(
  'v1',
  'models',
  '.',
  '..',
  '/',
  '//',
  '%2e',
  '%2E%2e',
  '%2f',
  '%3A',
  '%00',
  '%',
  '\\',
  '?',
  '#',
  ';',
  ':',
  'a',
  '~',
  '@',
  ' ',
  'é',
  '\0',
  '&=',
  '[',
  '{',
);
const target = fc.array(fragment, { maxLength: 8 }).map((parts) => `/${parts.join('')}`);

describe('request targets', () => {
  it('are accepted only when a URL parser would change nothing', () =>
    fc.assert(
      fc.property(target, (text) => {
        const parsed = parseTarget(text);
        if (isRefusal(parsed)) return;
        const url = new URL(`http://gate${text}`);
        assert.equal(parsed.path, url.pathname.replaceAll(/%3A/gi, ':'));
        assert.ok(!parsed.path.includes('//') && !parsed.path.includes('%'));
      }),
    ));

  it('of the control plane keep harmless escapes as they are', () => {
    const parsed = parseTarget('/api/v1/principals/a%40b%2Fc', 'harmless');
    assert.equal(isRefusal(parsed) ? '' : parsed.path, '/api/v1/principals/a%40b%2Fc');
    for (const bad of [
      '/a/%2e%2e/b',
      '/a%00',
      '/a%5cb',
      '/a%0d%0a',
      '/a%',
      '/a%4',
      '/a%zz',
      '/a//b',
    ])
      assert.ok(isRefusal(parseTarget(bad, 'harmless')), bad);
  });

  it('never make the head parser throw, whatever the headers', () =>
    fc.assert(
      fc.property(
        fc.string(),
        fc.string(),
        fc.array(fc.string(), { maxLength: 20 }),
        (method, url, rawHeaders) => {
          parseHead({ method, url, httpVersion: '1.1', rawHeaders });
        },
      ),
    ));
});
