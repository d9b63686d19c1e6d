/** Every kind of damage to a log is found and named. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLogKeys, encodeSegment, entryOf, segmentPath } from './build-log.ts';
import {
  add,
  cut,
  type Damage,
  edit,
  entries,
  flip,
  freshLog,
  keys,
  remove,
  verify,
  whats,
} from './verify-fixture.ts';

const otherKeys = createLogKeys();

const damages: readonly [what: string, damage: Damage, problem: RegExp][] = [
  [
    'a changed entry',
    flip('log/tile/entries/001', 40),
    /^\d+: entry does not match its hash in tile\/0\/001/m,
  ],
  [
    'a changed length in a bundle',
    flip('log/tile/entries/001', 0),
    /^257: tile\/entries\/001 does not hold 256 entries/m,
  ],
  [
    'a bundle that is cut off',
    cut('log/tile/entries/000', 1),
    /^255: tile\/entries\/000 does not hold 256/m,
  ],
  ['a missing bundle', remove('log/tile/entries/001'), /tile\/entries\/001 is missing/],
  [
    'a changed stale bundle',
    flip('log/tile/entries/000.p/100', 9),
    /000\.p\/100 differs from the wider bundle/,
  ],
  [
    'a changed stale bundle that is shorter',
    cut('log/tile/entries/000.p/100', 92),
    /differs from the wider/,
  ],
  [
    'a changed tile',
    flip('log/tile/0/000', 33),
    /^1: entry does not match its hash in tile\/0\/000/m,
  ],
  ['a changed stale tile', flip('log/tile/0/000.p/100', 33), /^1: .* tile\/0\/000\.p\/100/m],
  [
    'a changed upper tile',
    flip('log/tile/1/000.p/2', 40),
    /^256: hash 1 of tile\/1\/000\.p\/2 is wrong/m,
  ],
  ['a tile of odd length', cut('log/tile/0/001', 1), /tile\/0\/001 has 8191 bytes instead of 8192/],
  ['a missing tile', remove('log/tile/0/001'), /tile\/0\/001 is missing/],
  ['a missing partial tile', remove('log/tile/1/000.p/2'), /tile\/1\/000\.p\/2 is missing/],
  [
    'a missing partial bundle',
    remove('log/tile/entries/002.p/88'),
    /tile\/entries\/002\.p\/88 is missing/,
  ],
  ['a missing checkpoint', remove('log/checkpoint'), /checkpoint is missing/],
  [
    'a changed checkpoint',
    flip('log/checkpoint', 20),
    /checkpoint: note: signature of .* does not verify/,
  ],
  ['a changed kept checkpoint', flip('log/history/256', 20), /history\/256: note/],
  [
    'a kept checkpoint under another name',
    (log) => log.set('log/history/255', log.get('log/history/256') ?? new Uint8Array(0)),
    /history\/255 is a checkpoint of size 256/,
  ],
  [
    'a checkpoint without the ML-DSA signature',
    edit('log/checkpoint', (bytes) =>
      Buffer.from(Buffer.from(bytes).toString().split('\n').toSpliced(-2, 1).join('\n')),
    ),
    /no signature of .* type 6/,
  ],
  [
    'an older checkpoint put back',
    (log) => log.set('log/checkpoint', log.get('log/history/300') ?? new Uint8Array(0)),
    /history\/600 has size 600, the current checkpoint only 300: the log was cut/,
  ],
  ['an unknown file', add('log/notes.txt'), /unknown file notes\.txt/],
  ['an unknown file among tiles', add('log/tile/0/readme'), /unknown file tile\/0\/readme/],
  ['an unknown file in the history', add('log/history/0600'), /unknown file history\/0600/],
  ['an unknown segment', add('wal/7.seg'), /unknown file wal\/7\.seg/],
  ['a leftover temporary file', add('log/checkpoint.tmp'), /unknown file checkpoint\.tmp/],
  ['a tile in another spelling', add('log/tile/0/x000/005'), /unknown file tile\/0\/x000\/005/],
  ['a tile beyond the log', add('log/tile/0/003.p/1'), /tile\/0\/003\.p\/1 reaches beyond the log/],
  [
    'a partial tile beyond the log',
    add('log/tile/1/000.p/9'),
    /tile\/1\/000\.p\/9 reaches beyond the log/,
  ],
  [
    'a changed frame',
    flip(segmentPath(500), 60),
    /500: wal\/0000000000000500\.seg: frame is damaged at byte 16/,
  ],
  ['a changed frame length', flip(segmentPath(500), 17), /frame is damaged|frame is cut off/],
  ['a torn tail', cut(segmentPath(500), 5), /619: wal\/.* frame is cut off at byte/],
  [
    'a torn frame header',
    edit(segmentPath(500), (bytes) => Buffer.concat([bytes, Buffer.of(0, 0)])),
    /620: wal\/.*frame is cut off/,
  ],
  ['a changed segment header', flip(segmentPath(500), 7), /header is wrong/],
  [
    'a segment header that is cut off',
    edit(segmentPath(500), (bytes) => bytes.slice(0, 10)),
    /header is cut off/,
  ],
  [
    'a gap between segments',
    (log) => log.set(segmentPath(700), encodeSegment(700, entries.slice(0, 1))),
    /should begin with entry 620/,
  ],
  [
    'segments that overlap',
    (log) => log.set(segmentPath(600), encodeSegment(600, entries.slice(600))),
    /should begin with entry 620/,
  ],
  [
    'a frame that differs from the bundle',
    (log) =>
      log.set(segmentPath(500), encodeSegment(500, entries.slice(500).with(3, entryOf(9, 90)))),
    /503: bundle and write-ahead log differ/,
  ],
  [
    'a pending entry that is no JSON',
    (log) => log.set(segmentPath(620), encodeSegment(620, [Buffer.from('{')])),
    /620: entry is not JSON/,
  ],
  [
    'a pending entry that is no object',
    (log) => log.set(segmentPath(620), encodeSegment(620, [Buffer.from('[]')])),
    /620: entry is not a JSON object/,
  ],
  ['missing keys', remove('log.vkeys'), /no verifier keys/],
  [
    'keys without the ML-DSA key',
    (log) => log.set('log.vkeys', Buffer.from(`${keys.vkeys[0]}\n`)),
    /lacks the Ed25519 or the ML-DSA-44 key/,
  ],
  ['garbage as keys', add('log.vkeys', 'garbage\n'), /does not hold verifier keys/],
  [
    'keys of another log',
    (log) => log.set('log.vkeys', Buffer.from(otherKeys.vkeys.map((vkey) => `${vkey}\n`).join(''))),
    /no known key has signed/,
  ],
];
for (const [what, damage, problem] of damages) {
  test(`finds ${what}`, async () => {
    const log = freshLog();
    damage(log);
    const result = await verify(log);
    assert.equal(result.ok, false);
    assert.match(whats(result), problem);
  });
}
