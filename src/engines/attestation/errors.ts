/** Codes of the attestation engine: why the evidence of a node is not believed. */
import { defineErrors } from '../../kernel/errors.ts';

export const attestationErrors = defineErrors({
  E_ATTESTATION_MALFORMED: {
    status: 400,
    exit: 'usage',
    title: 'Malformed attestation evidence',
    hint: 'Send the evidence exactly as the platform gave it.',
  },
  E_ATTESTATION_UNTRUSTED: {
    status: 401,
    exit: 'notAuthenticated',
    title: 'Attestation evidence was not signed by a trusted key',
    hint: 'Check which keys and certificates this server pins for the attestor.',
  },
  E_ATTESTATION_EXPIRED: {
    status: 401,
    exit: 'notAuthenticated',
    title: 'Attestation evidence is not valid at this time',
    hint: 'Fetch fresh evidence and check the clocks of node and server.',
  },
  E_ATTESTATION_CHALLENGE: {
    status: 401,
    exit: 'notAuthenticated',
    title: 'Attestation challenge was not answered',
    hint: 'Ask for a new challenge and answer it with the key of the evidence.',
  },
  E_ATTESTATION_DENIED: {
    status: 403,
    exit: 'denied',
    title: 'Attested node is not admitted',
    hint: 'Admit it in the configuration of the attestor, or attest with another identity.',
  },
  E_ATTESTOR_UNAVAILABLE: {
    status: 503,
    exit: 'unavailable',
    title: 'Attestor is not available',
    hint: 'Configure the attestor on the server, or choose another with --attestor.',
  },
});
