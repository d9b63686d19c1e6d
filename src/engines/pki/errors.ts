/** Codes of the pki engine. `E_PKI_…` is about documents and keys, `E_SVID_…` about trusting one. */
import { defineErrors } from '../../kernel/errors.ts';

const present = 'Present a credential issued by this trust domain.';

export const pkiErrors = defineErrors({
  E_PKI_MALFORMED: {
    status: 400,
    exit: 'usage',
    title: 'Malformed certificate, request, key or PEM text',
    hint: 'Correct the document at the place named in the detail.',
  },
  E_PKI_UNSUPPORTED: {
    status: 400,
    exit: 'usage',
    title: 'Unsupported algorithm or key',
    hint: 'Use a P-256 key; P-384, Ed25519 and RSA from 2048 to 4096 bits also work.',
  },
  E_PKI_PROOF: {
    status: 400,
    exit: 'usage',
    title: 'Certificate request without proof of possession',
    hint: 'Sign the request with the private key of the public key inside it.',
  },
  E_PKI_REQUEST: {
    status: 400,
    exit: 'usage',
    title: 'Credential cannot be issued as asked',
    hint: 'Correct the names or the lifetime named in the detail.',
  },
  E_SVID_MALFORMED: {
    status: 401,
    exit: 'notAuthenticated',
    title: 'Malformed credential',
    hint: present,
  },
  E_SVID_ALGORITHM: {
    status: 401,
    exit: 'notAuthenticated',
    title: 'Credential with an algorithm that is not accepted',
    hint: 'SPIFFE admits RS, ES and PS with SHA-256, -384 or -512.',
  },
  E_SVID_PROFILE: {
    status: 401,
    exit: 'notAuthenticated',
    title: 'Credential breaks a rule of the SPIFFE profile',
    hint: 'The rule is named in the detail; issue the credential again.',
  },
  E_SVID_NOT_YET_VALID: {
    status: 401,
    exit: 'notAuthenticated',
    title: 'Credential is not valid yet',
    hint: 'Check the clocks of issuer and verifier.',
  },
  E_SVID_EXPIRED: {
    status: 401,
    exit: 'notAuthenticated',
    title: 'Credential has expired',
    hint: 'Fetch a fresh one and check the clock.',
  },
  E_SVID_AUDIENCE: {
    status: 401,
    exit: 'notAuthenticated',
    title: 'Credential is meant for somebody else',
    hint: 'Ask for a token whose audience is this server.',
  },
  E_SVID_UNTRUSTED: {
    status: 401,
    exit: 'notAuthenticated',
    title: 'Credential was not issued by a trusted authority',
    hint: present,
  },
  E_SVID_PROOF: {
    status: 401,
    exit: 'notAuthenticated',
    title: 'Credential without proof of possession of its key',
    hint: 'Send a fresh proof made for this token and this server with the key named in the token.',
  },
  E_SVID_REPLAYED: {
    status: 401,
    exit: 'notAuthenticated',
    title: 'Proof of possession was used before',
    hint: 'Make a new proof with a new id for every request.',
  },
  E_SVID_REPLAY_UNKNOWN: {
    status: 503,
    exit: 'unavailable',
    title: 'Replay of a proof cannot be excluded now',
    hint: 'Try again in some seconds; raise the capacity of the replay cache when that happens often.',
  },
  E_SVID_REVOKED: {
    status: 401,
    exit: 'notAuthenticated',
    title: 'Credential has been revoked',
    hint: 'Fetch a fresh one; ask the administrator of the trust domain when that is refused too.',
  },
  E_SVID_REVOCATION_UNKNOWN: {
    status: 503,
    exit: 'unavailable',
    title: 'Revocation of the credential cannot be judged now',
    hint: 'Restore the connection to the server that publishes the revocation lists and try again.',
  },
});
