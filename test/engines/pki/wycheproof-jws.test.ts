/** JWS signatures of Project Wycheproof; skipped when the vectors are not there. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { importPublicJwk, isJoseAlgorithm, verifyJose } from '../../../src/engines/pki/index.ts';
import { decodeBase64Url } from '../../../src/kernel/base64url.ts';
import { isRefusal } from '../../../src/kernel/errors.ts';
import { isJsonObject, type JsonObject } from '../../../src/kernel/json-value.ts';
import { parseJson } from '../../../src/kernel/strict-json.ts';

const vectors =
  process.env.SALLYPORT_VECTORS ?? join(import.meta.dirname, '../../../../shared/vectors');
const file = join(vectors, 'crypto/wycheproof/jose/json_web_signature_test.json');
const skip = existsSync(file) ? false : `no ${file}: set SALLYPORT_VECTORS`;

type Case = {
  readonly tcId: number;
  readonly comment: string;
  readonly jws: string;
  readonly result: 'valid' | 'invalid' | 'acceptable';
};
type Group = {
  readonly public?: JsonObject;
  readonly comment: string;
  readonly tests: readonly Case[];
};

/** A JWS as our verifier would treat it: strict parts, our algorithms, a key that fits. */
const accepts = (jws: string, jwk: JsonObject): boolean => {
  const parts = jws.split('.').map(decodeBase64Url);
  const [head, , signature] = parts;
  if (parts.length !== 3 || parts.some(isRefusal)) return false;
  const header = isRefusal(head) || head === undefined ? undefined : parseJson(head);
  const key = importPublicJwk(jwk);
  if (!isJsonObject(header) || isRefusal(key) || isRefusal(signature)) return false;
  const { alg } = header;
  if (!isJoseAlgorithm(alg) || (jwk['alg'] ?? alg) !== alg || signature === undefined) return false;
  const data = Buffer.from(jws.slice(0, jws.lastIndexOf('.')));
  return verifyJose(alg, key, { data, signature });
};

/** Some cases are valid only for verifiers that let a key be used beyond the `alg` it names. */
const isPinned = (jws: string, jwk: JsonObject): boolean => {
  const { alg = jwk['alg'] } = JSON.parse(
    Buffer.from(jws.split('.')[0] ?? '', 'base64url').toString(),
  ) as JsonObject;
  return isJoseAlgorithm(alg) && (jwk['alg'] ?? alg) === alg;
};

describe('Wycheproof signatures for our algorithms', { skip }, () => {
  const groups =
    skip === false
      ? (JSON.parse(readFileSync(file, 'utf8')) as { testGroups: readonly Group[] }).testGroups
      : [];
  let valid = 0;
  for (const group of groups) {
    const jwk = group.public;
    if (jwk === undefined || (jwk['kty'] !== 'EC' && jwk['kty'] !== 'RSA')) continue;
    for (const test of group.tests) {
      if (test.result === 'acceptable') continue;
      const expected = test.result === 'valid' && isPinned(test.jws, jwk);
      if (expected) valid += 1;
      it(`${expected ? 'accepts' : 'refuses'} ${test.tcId} ${test.comment}`, () => {
        assert.equal(accepts(test.jws, jwk), expected);
      });
    }
  }
  it('contains some that are valid', () => assert.ok(valid > 10));
});
