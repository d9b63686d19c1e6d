/** The proof cases of transparency-dev/merkle. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  verifyConsistency,
  verifyInclusion,
  verifySubtreeConsistency,
  verifySubtreeInclusion,
} from '../../../src/engines/merkle/index.ts';
import { fromBase64, readJsonVector, skipVectors } from './vectors.ts';

type Index = {
  readonly id: string;
  readonly kind: 'inclusion' | 'consistency' | 'subtreeinclusion' | 'subtreeconsistency';
  readonly file: string;
  readonly expected: 'accept' | 'reject';
};
type Numbers = Readonly<
  Record<'leafIdx' | 'treeSize' | 'size1' | 'size2' | 'start' | 'end' | 'size', number>
>;
type Texts = Readonly<Record<'root' | 'root1' | 'root2' | 'leafHash', string>>;
type Case = Numbers & Texts & { readonly proof: readonly string[] | null };

const verify = (kind: Index['kind'], it: Case): boolean => {
  const proof = (it.proof ?? []).map(fromBase64);
  switch (kind) {
    case 'inclusion':
      return verifyInclusion({
        leafIndex: it.leafIdx,
        treeSize: it.treeSize,
        leafHash: fromBase64(it.leafHash),
        proof,
        root: fromBase64(it.root),
      });
    case 'consistency':
      return verifyConsistency({
        size1: it.size1,
        size2: it.size2,
        root1: fromBase64(it.root1),
        root2: fromBase64(it.root2),
        proof,
      });
    case 'subtreeinclusion':
      return verifySubtreeInclusion({
        leafIndex: it.leafIdx,
        start: it.start,
        end: it.end,
        leafHash: fromBase64(it.leafHash),
        proof,
        root: fromBase64(it.root),
      });
    default:
      return verifySubtreeConsistency({
        start: it.start,
        end: it.end,
        treeSize: it.size,
        subtreeRoot: fromBase64(it.root1),
        treeRoot: fromBase64(it.root2),
        proof,
      });
  }
};

const cases = skipVectors === false ? (readJsonVector('cases.json') as readonly Index[]) : [];

test('has proof cases to try', { skip: skipVectors }, () => {
  assert.ok(cases.length >= 360);
});

for (const { id, kind, file, expected } of cases) {
  test(`${expected}s ${id}`, () => {
    assert.equal(verify(kind, readJsonVector(file) as Case), expected === 'accept');
  });
}
