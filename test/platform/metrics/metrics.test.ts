/** The metrics registry and its text format. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMetrics, registerProcessMetrics } from '../../../src/platform/metrics/index.ts';

test('renders counters, gauges and histograms in the text format', () => {
  const metrics = createMetrics();
  const requests = metrics.counter('requests_total', 'Requests.', ['code']);
  const ok = requests.with({ code: '200' });
  ok.inc();
  ok.inc(2);
  metrics.gauge('open', 'Open\nthings.').set(3);
  const seconds = metrics.histogram('seconds', 'Time.', { buckets: [0.1, 1] });
  for (const value of [0.05, 0.1, 0.5, 7]) seconds.observe(value);
  assert.equal(
    metrics.render(),
    [
      '# HELP requests_total Requests.',
      '# TYPE requests_total counter',
      'requests_total{code="200"} 3',
      '# HELP open Open\\nthings.',
      '# TYPE open gauge',
      'open 3',
      '# HELP seconds Time.',
      '# TYPE seconds histogram',
      'seconds_bucket{le="0.1"} 2',
      'seconds_bucket{le="1"} 3',
      'seconds_bucket{le="+Inf"} 4',
      'seconds_sum 7.65',
      'seconds_count 4',
      '',
    ].join('\n'),
  );
});

test('escapes hostile label values so that they cannot forge lines', () => {
  const metrics = createMetrics();
  metrics.counter('c', 'h', ['path']).with({ path: 'a"} 1\nfake 2 \\ \ud800' }).inc();
  assert.equal(metrics.render().split('\n')[2], 'c{path="a\\"} 1\\nfake 2 \\\\ \ufffd"} 1');
});

test('folds label sets beyond the bound into one overflow series', () => {
  const metrics = createMetrics({ maxSeries: 2 });
  const counter = metrics.counter('c', 'h', ['who']);
  for (const who of ['a', 'b', 'c', 'd', 'a']) counter.with({ who }).inc();
  const lines = metrics.render().split('\n').slice(2, -1);
  assert.deepEqual(lines, ['c{who="a"} 2', 'c{who="b"} 1', 'c{who="overflow"} 2']);
});

test('returns the same metric for the same name and refuses a changed shape', () => {
  const metrics = createMetrics();
  metrics.counter('c', 'h').inc();
  metrics.counter('c', 'h').inc();
  assert.match(metrics.render(), /^c 2$/m);
  assert.throws(() => metrics.counter('c', 'h', ['x']), { code: 'E_METRIC_INVALID' });
  assert.throws(() => metrics.gauge('c', 'h'), { code: 'E_METRIC_INVALID' });
  for (const name of ['', '1a', 'a-b', 'é'])
    assert.throws(() => metrics.counter(name, 'h'), { code: 'E_METRIC_INVALID' });
  assert.throws(() => metrics.counter('d', 'h', ['__x']), { code: 'E_METRIC_INVALID' });
  assert.throws(() => metrics.histogram('e', 'h', { buckets: [2, 1] }), {
    code: 'E_METRIC_INVALID',
  });
});

test('refuses to count on a labelled metric without its labels', () => {
  const counter = createMetrics().counter('c', 'h', ['x']);
  assert.throws(() => counter.inc(), { code: 'E_METRIC_INVALID' });
});

test('counters never go down and a failing observed gauge shows NaN', () => {
  const metrics = createMetrics();
  const counter = metrics.counter('c', 'h');
  counter.inc(5);
  counter.inc(-3);
  counter.inc(Number.NaN);
  metrics.observed('g', 'h', () => {
    throw new Error('gone');
  });
  assert.match(metrics.render(), /^c 5$/m);
  assert.match(metrics.render(), /^g NaN$/m);
});

test('shows memory, start time and event-loop delay of the process', () => {
  const metrics = createMetrics();
  const registration = registerProcessMetrics(metrics);
  const text = metrics.render();
  registration[Symbol.dispose]();
  const value = (name: string): number => Number(new RegExp(`^${name} (.+)$`, 'm').exec(text)?.[1]);
  assert.ok(value('process_resident_memory_bytes') > 1e7);
  assert.ok(Math.abs(value('process_start_time_seconds') - Date.now() / 1000) < 3600);
  assert.ok(value('process_event_loop_delay_p99_seconds') >= 0);
});
