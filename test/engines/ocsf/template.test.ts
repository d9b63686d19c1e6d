/** Events written from a template are the events that were meant, and nothing fills a hole unseen. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  buildGatewayOutcome,
  createEventTemplate,
  type EventTemplate,
  validateOcsf,
  type WrittenEvent,
} from '../../../src/engines/ocsf/index.ts';

const holes = ['http_request.length', 'http_request.url.path', 'unmapped'];

const outcome = (facts: {
  readonly timeMs: number;
  readonly id: string;
  readonly path: string;
  readonly bytes: number;
  readonly unmapped: Readonly<Record<string, unknown>>;
}) =>
  buildGatewayOutcome({
    timeMs: facts.timeMs,
    correlationUid: facts.id,
    operation: 'chat',
    actor: { type: 'Service', uid: 'trainer "7"' },
    resources: [{ type: 'Endpoint', uid: 'summariser\ud800' }],
    http: { method: 'POST', path: facts.path, requestBytes: facts.bytes },
    unmapped: facts.unmapped,
  });

const template = (): EventTemplate => {
  const sample = outcome({ timeMs: 1, id: 'a', path: '/v1', bytes: 1, unmapped: { a: 1 } });
  const made = createEventTemplate(sample, holes);
  if (!('sample' in made)) throw new Error(JSON.stringify(made));
  return made;
};

/** Text of the bytes an event takes of a buffer, from a place in it on. */
const encoded = (written: WrittenEvent, at: number): string => {
  const target = Buffer.alloc(at + written.maxBytes, 0x7f);
  const end = written.encodeInto(target, at);
  assert.ok(
    target.subarray(0, at).every((byte) => byte === 0x7f),
    'what stands before stays',
  );
  return target.toString('utf8', at, end);
};

test('writes what the builder would have built, for all values of the holes', () => {
  const made = template();
  const json = fc.jsonValue({ maxDepth: 2 });
  fc.assert(
    fc.property(
      fc.record({
        number: fc.maxSafeNat(),
        id: fc.string({ unit: 'grapheme' }),
        path: fc.string({ unit: 'binary', minLength: 1, maxLength: 40 }),
        unmapped: fc.dictionary(fc.string({ unit: 'binary' }), json),
      }),
      ({ number, id, path, unmapped }) => {
        const facts = { timeMs: number, id, path: `/${path.replaceAll('?', '')}`, bytes: number };
        const written = made.write({ timeMs: number, correlationUid: id }, [
          number,
          facts.path,
          unmapped,
        ]);
        const wanted = JSON.parse(
          JSON.stringify(outcome({ ...facts, unmapped }), (_name, value: unknown) =>
            typeof value === 'string' ? value.toWellFormed() : value,
          ),
        ) as unknown;
        assert.deepEqual(written.read(), wanted);
        assert.deepEqual(validateOcsf(written.read()), []);
        assert.ok(written.json.isWellFormed() && !written.json.includes('\\ud'));
        assert.equal(encoded(written, 3), written.json);
      },
    ),
  );
});

test('a value that does not fit its hole is refused', () => {
  const made = template();
  const identity = { timeMs: 1, correlationUid: 'a' };
  for (const values of [
    ['1', '/v1', {}],
    [1.5, '/v1', {}],
    [1, 7, {}],
    [1, '/v1', 'text'],
    [1, '/v1'],
  ])
    assert.throws(() => made.write(identity, values), TypeError);
  assert.throws(() => made.write({ timeMs: Number.NaN, correlationUid: 'a' }, [1, '/', {}]));
});

test('a sample that is not valid, or lacks a hole, gives problems and no template', () => {
  const sample = outcome({ timeMs: 1, id: 'a', path: '/v1', bytes: 1, unmapped: {} });
  const invalid = createEventTemplate({ ...sample, severity_id: 'low' as never }, []);
  assert.ok(!('sample' in invalid) && invalid[0]?.path === 'severity_id');
  const lacking = createEventTemplate(sample, ['http_response.code']);
  assert.deepEqual(lacking, [{ path: 'http_response.code', problem: 'is not in the sample' }]);
});
