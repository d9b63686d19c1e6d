/** The template against the general DER writer, over random names and lifetimes. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  createSvidIssuer,
  keyIdentifierOf,
  type LeafRequest,
  toSerial,
} from '../../../src/engines/pki/index.ts';
import {
  derBitString,
  derContext,
  derContextPrimitive,
  derInteger,
  derOctetString,
  derOid,
  derSequence,
  derTime,
  derUnsignedInteger,
} from '../../../src/kernel/der-writer.ts';
import { orThrow } from '../../../src/kernel/errors.ts';
import { parseSpiffeId } from '../../../src/kernel/ids.ts';
import {
  basicConstraints,
  bothPurposes,
  extension,
  forgeAuthority,
  leafUsage,
  newKeyPair,
  nowMs,
  uriName,
} from './forge.ts';

const root = forgeAuthority();
const keys = newKeyPair();

/** The same certificate, written by the general DER writer instead of the template. */
const writeSlowly = (wish: LeafRequest): Uint8Array => {
  const names = [uriName(wish.spiffeId)];
  for (const dns of wish.dnsNames ?? []) names.push(derContextPrimitive(2, Buffer.from(dns)));
  const ecdsa = derSequence(derOid('1.2.840.10045.4.3.2'));
  const toSign = derSequence(
    derContext(0, derInteger(2)),
    derUnsignedInteger(wish.serial),
    ecdsa,
    root.certificate.subject,
    derSequence(derTime(wish.notBeforeMs), derTime(wish.notAfterMs)),
    derSequence(),
    wish.publicKey.spki,
    derContext(
      3,
      derSequence(
        basicConstraints(false),
        leafUsage,
        bothPurposes,
        extension(
          '2.5.29.35',
          derSequence(derContextPrimitive(0, keyIdentifierOf(root.keys.info))),
        ),
        extension('2.5.29.14', derOctetString(keyIdentifierOf(wish.publicKey))),
        extension('2.5.29.17', derSequence(...names), 'critical'),
      ),
    ),
  );
  return derSequence(toSign, ecdsa, derBitString(Buffer.from('sig')));
};

describe('SVID issuance by template', () => {
  it('writes the very bytes a general DER writer would', () => {
    const segment = fc.stringMatching(/^[a-zA-Z0-9_-]{1,40}$/);
    const label = fc.stringMatching(/^[a-z0-9]{1,40}$/);
    const plain = createSvidIssuer(root.certificate, () => Buffer.from('sig'));
    fc.assert(
      fc.property(
        fc.array(segment, { minLength: 1, maxLength: 45 }),
        fc.array(label, { maxLength: 8 }),
        fc.integer({ min: 1, max: 3_600_000 }),
        (segments, dnsNames, lifeMs) => {
          const wish = {
            spiffeId: orThrow(parseSpiffeId(`spiffe://prod.example/${segments.join('/')}`)),
            publicKey: keys.info,
            serial: toSerial(new Uint8Array(16).fill(lifeMs & 0xff)),
            notBeforeMs: nowMs - 10_000,
            notAfterMs: nowMs + lifeMs,
            dnsNames,
          };
          assert.deepEqual(Buffer.from(orThrow(plain(wish))), Buffer.from(writeSlowly(wish)));
        },
      ),
      { numRuns: 200 },
    );
  });
});
