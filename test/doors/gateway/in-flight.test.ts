/** The registry of exchanges in flight. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InFlight } from '../../../src/doors/gateway/in-flight.ts';

type Item = { readonly name: string; place: number };
const item = (name: string): Item => ({ name, place: -1 });
const names = (registry: InFlight<Item>): readonly string[] =>
  [...registry].map(({ name }) => name).toSorted();

test('counts and visits exactly those in flight', () => {
  const registry = new InFlight<Item>();
  const [a, b, c] = [item('a'), item('b'), item('c')];
  for (const each of [a, b, c]) registry.add(each);
  registry.remove(b);
  assert.equal(registry.size, 2);
  assert.deepEqual(names(registry), ['a', 'c']);
});

test('takes and leaves a place once, however often it is asked', () => {
  const registry = new InFlight<Item>();
  const a = item('a');
  registry.remove(a);
  registry.add(a);
  registry.add(a);
  assert.equal(registry.size, 1);
  registry.remove(a);
  registry.remove(a);
  assert.equal(registry.size, 0);
  assert.deepEqual(names(registry), []);
});

test('gives a place that was left to the next one', () => {
  const registry = new InFlight<Item>();
  const first = item('first');
  registry.add(first);
  const { place } = first;
  registry.remove(first);
  const second = item('second');
  registry.add(second);
  assert.equal(second.place, place);
  assert.deepEqual(names(registry), ['second']);
});

test('does not visit who leaves while the others are visited', () => {
  const registry = new InFlight<Item>();
  const [a, b] = [item('a'), item('b')];
  registry.add(a);
  registry.add(b);
  const seen: string[] = [];
  for (const each of registry) {
    seen.push(each.name);
    registry.remove(a);
    registry.remove(b);
  }
  assert.deepEqual(seen, ['a']);
});
