/** ML-DSA signatures of Project Wycheproof as X.509 would use them; skipped without the vectors. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { gunzipSync } from 'node:zlib';
import {
  importPublicKey,
  parsePublicKeyInfo,
  verifySignature,
} from '../../../src/engines/pki/index.ts';
import { oids } from '../../../src/engines/pki/oids.ts';
import { isRefusal } from '../../../src/kernel/errors.ts';

const vectors =
  process.env.SALLYPORT_VECTORS ?? join(import.meta.dirname, '../../../../shared/vectors');
const folder = join(vectors, 'crypto/wycheproof/pq');
const skip = existsSync(folder) ? false : `no ${folder}: set SALLYPORT_VECTORS`;

type Case = {
  readonly tcId: number;
  readonly msg: string;
  readonly ctx?: string;
  readonly sig: string;
  readonly result: 'valid' | 'invalid';
};
type Group = { readonly publicKeyDer?: string; readonly tests: readonly Case[] };

const readGroups = (set: string): readonly Group[] => {
  const file = join(folder, `mldsa_${set}_verify_test.json.gz`);
  return (JSON.parse(gunzipSync(readFileSync(file)).toString()) as { testGroups: Group[] })
    .testGroups;
};
const hex = (text: string): Buffer => Buffer.from(text, 'hex');

const accepts = (group: Group, test: Case, set: string): boolean => {
  const info = parsePublicKeyInfo(hex(group.publicKeyDer ?? ''));
  const key = isRefusal(info) ? info : importPublicKey(info);
  if (isRefusal(key)) return false;
  const scheme = { kind: 'pure', keyType: `ml-dsa-${set}` } as const;
  const algorithm = { raw: new Uint8Array(0), oid: oids.mlDsa44, scheme };
  return verifySignature(algorithm, key, { data: hex(test.msg), signature: hex(test.sig) });
};

describe('Wycheproof signatures for ML-DSA', { skip }, () => {
  for (const set of ['44', '65'])
    it(`are judged as they should be: ML-DSA-${set}`, () => {
      let valid = 0;
      for (const group of readGroups(set))
        for (const test of group.tests) {
          // X.509 has no context (RFC 9881); a signature made with one must not pass.
          const isGood = test.result === 'valid' && (test.ctx ?? '') === '';
          assert.equal(accepts(group, test, set), isGood, `tcId ${test.tcId}`);
          if (isGood) valid += 1;
        }
      assert.ok(valid > 10);
    });
});
