/** Hostile values never make the validator throw, and damage to a valid event is noticed. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { validateOcsf } from '../../../src/engines/ocsf/index.ts';
import { ipVersion } from '../../../src/engines/ocsf/ip-address.ts';
import { samples } from './samples.ts';
import { isIP } from 'node:net';

const events = Object.values(samples);

test('never throws, whatever stands in an event', () => {
  const anything = fc.anything({ withBigInt: true, withNullPrototype: true, maxDepth: 4 });
  const names = [...new Set(events.flatMap((event) => Object.keys(event))), '__proto__', 'x'];
  fc.assert(
    fc.property(
      fc.constantFrom(...events),
      fc.constantFrom(...names),
      anything,
      (event, name, value) => {
        const problems = validateOcsf({ ...event, [name]: value });
        assert.ok(problems.length <= 50);
      },
    ),
    { numRuns: 500 },
  );
});

test('accepts exactly the addresses the platform accepts', () => {
  const address = fc.oneof(
    fc.ipV4(),
    fc.ipV6(),
    fc.stringMatching(/^[0-9a-f:.%]{0,24}$/),
    fc.constantFrom(
      '::',
      '::1',
      '1::',
      '::ffff:1.2.3.4',
      '1:2:3:4:5:6:7::',
      '01.2.3.4',
      'fe80::1%eth0',
    ),
  );
  fc.assert(
    fc.property(address, (text) => {
      assert.equal(ipVersion(text), isIP(text), text);
    }),
    { numRuns: 1000 },
  );
});
