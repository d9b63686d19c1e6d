/** The configured attestors: two-step exchanges, fetched keys, and failing effects that refuse. */
import assert from 'node:assert/strict';
import { createPublicKey } from 'node:crypto';
import { describe, it } from 'node:test';
import { createNodeAttestors } from '../../../src/domains/identity/attestors/create-attestors.ts';
import { answerX509Pop, attestationErrors } from '../../../src/engines/attestation/index.ts';
import { isRefusal, refuse } from '../../../src/kernel/errors.ts';
import { Secret } from '../../../src/kernel/secret.ts';
import { base64, forgeToken, newTokenKey } from '../../engines/attestation/forge.ts';
import {
  basicConstraints,
  forge,
  forgeAuthority,
  leafUsage,
  nameOf,
  newKeyPair,
  nowMs,
} from '../../engines/pki/forge.ts';

const root = forgeAuthority({ name: 'fleet' });
const node = forge({
  issuer: root,
  subject: nameOf('n'),
  extensions: [basicConstraints(false), leafUsage],
});
const spki = newKeyPair().info.spki;
const publicKey = createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
const context = { nowMs, publicKey, peer: '127.0.0.1' };
const down = refuse(attestationErrors.E_ATTESTOR_UNAVAILABLE, 'down');

describe('configured attestors', () => {
  it('leads x509pop from challenge to verdict, bound to the requested key', async () => {
    const policy = {
      authorities: [root.certificate],
      challengeKey: new Secret(new Uint8Array(32)),
    };
    const attestor = createNodeAttestors({ x509pop: policy }).get('x509pop');
    const evidence = { chain: [base64(node.der)] };
    const first = await attestor?.attest(evidence, context);
    assert.ok(first !== undefined && 'challenge' in first);
    const response = answerX509Pop(first.challenge, { privateKey: node.keys.privateKey, spki });
    assert.ok(!isRefusal(response));
    const second = await attestor?.attest(evidence, { ...context, challengeResponse: response });
    assert.ok(second !== undefined && 'nodeId' in second);
  });

  it('has only what was configured, and a TPM that refuses', async () => {
    const attestors = createNodeAttestors({});
    assert.deepEqual([...attestors.keys()], ['tpm']);
    assert.ok(isRefusal(await attestors.get('tpm')?.attest({}, context)));
  });

  it('refuses when keys cannot be fetched, and asks nobody for unknown providers', async () => {
    let asked = 0;
    const jwks = () => {
      asked += 1;
      return Promise.resolve(down);
    };
    const provider = {
      issuer: 'i',
      audience: 'a',
      require: { sub: ['*'] },
      nodeId: ['sub'] as const,
      selectors: [],
      jwks,
    };
    const attestor = createNodeAttestors({ oidc: new Map([['ci', provider]]) }).get('oidc');
    assert.ok(isRefusal(await attestor?.attest({ provider: 'x', token: 't' }, context)));
    assert.equal(asked, 0);
    assert.equal(await attestor?.attest({ provider: 'ci', token: 't' }, context), down);
  });

  it('judges Google tokens with the fetched keys', async () => {
    const key = newTokenKey();
    const gcp = { audience: 'a', projects: ['p'], jwks: () => Promise.resolve(key.jwks) };
    const engine = { project_id: 'p', instance_id: '1' };
    const token = forgeToken(
      {
        iss: 'https://accounts.google.com',
        aud: 'a',
        iat: nowMs / 1000,
        exp: nowMs / 1000 + 60,
        google: { compute_engine: engine },
      },
      key,
    );
    const verdict = await createNodeAttestors({ gcp }).get('gcp-iit')?.attest({ token }, context);
    assert.ok(verdict !== undefined && 'nodeId' in verdict);
    assert.equal(verdict.nodeId, 'p/1');
  });
});
