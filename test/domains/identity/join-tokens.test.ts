/** Join tokens: one use, one SPIFFE ID, a short life; a bad request does not use them up. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isRefusal, orThrow } from '../../../src/kernel/errors.ts';
import {
  actor,
  addService,
  type Harness,
  newWorkloadKey,
  openHarness,
  principalId,
  spiffe,
} from './harness.ts';

const codeOf = (answer: unknown): string => (isRefusal(answer) ? answer.error.code : 'accepted');
const { csrPem } = newWorkloadKey();

const newJoinToken = async (harness: Harness, ttlSeconds = 60) => {
  const { spiffeId } = await addService(harness, 'trainer');
  const wish = { spiffeId, ttlSeconds };
  return orThrow(await harness.identity.createJoinToken(actor, wish)).token.reveal();
};

describe('join tokens', () => {
  it('give the SVID they are bound to', async () => {
    await using harness = await openHarness();
    const token = await newJoinToken(harness);
    const svid = orThrow(await harness.identity.redeemJoinToken({ token, csrPem }));
    assert.equal(svid.spiffeId, spiffe('/trainer'));
    const identity = orThrow(await harness.identity.authenticateCertificate(svid.chain));
    assert.equal(identity.principal.id, 'trainer');
  });

  it('work once, however many try them at the same time on two replicas', async () => {
    await using harness = await openHarness();
    const replica = await harness.openReplica();
    const token = await newJoinToken(harness);
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, i) =>
        (i % 2 === 0 ? harness.identity : replica).redeemJoinToken({
          token,
          csrPem,
          peer: `192.0.2.${i}`,
        }),
      ),
    );
    assert.deepEqual(
      answers.map(codeOf).filter((answer) => answer !== 'E_JOIN_TOKEN'),
      ['accepted'],
    );
  });

  it('are not used up by a bad request', async () => {
    await using harness = await openHarness();
    const token = await newJoinToken(harness);
    const { identity } = harness;
    assert.equal(codeOf(await identity.redeemJoinToken({ token, csrPem: 'x' })), 'E_PKI_MALFORMED');
    const tooLong = { token, csrPem, ttlSeconds: 9999 };
    assert.equal(codeOf(await identity.redeemJoinToken(tooLong)), 'E_IDENTITY_REQUEST');
    assert.equal(codeOf(await identity.redeemJoinToken({ token, csrPem })), 'accepted');
  });

  it('expire, die with their principal and are useless when mistyped', async () => {
    await using harness = await openHarness();
    const token = await newJoinToken(harness);
    const redeem = (text: string) => harness.identity.redeemJoinToken({ token: text, csrPem });
    assert.equal(codeOf(await redeem(`${token}x`)), 'E_JOIN_TOKEN');
    assert.equal(codeOf(await redeem(token.replace('spj', 'spt'))), 'E_JOIN_TOKEN');
    await harness.identity.setPrincipalDisabled(actor, principalId('trainer'), true);
    assert.equal(codeOf(await redeem(token)), 'E_JOIN_TOKEN');
    await harness.identity.setPrincipalDisabled(actor, principalId('trainer'), false);
    harness.clock.advance(60_000);
    assert.equal(codeOf(await redeem(token)), 'E_JOIN_TOKEN');
  });

  it('are made only for principals, within bounds', async () => {
    await using harness = await openHarness();
    const { spiffeId } = await addService(harness, 'trainer');
    const make = (wish: object) =>
      harness.identity.createJoinToken(actor, { spiffeId, ...wish }).then(codeOf);
    assert.equal(await make({}), 'accepted');
    assert.equal(await make({ ttlSeconds: 7 * 86_400 + 1 }), 'E_IDENTITY_REQUEST');
    assert.equal(await make({ spiffeId: spiffe('/nobody') }), 'E_PRINCIPAL_NOT_FOUND');
    assert.equal(await make({ spiffeId: spiffe('') }), 'E_IDENTITY_REQUEST');
  });
});
