/** The seam for TPM 2.0 evidence; its verifier is not part of this release. */
import { type Refusal, refuse } from '../../kernel/errors.ts';
import { attestationErrors } from './errors.ts';
import type { AttestationTime, AttestedNode, Evidence } from './types.ts';

/** Refuses with E_ATTESTOR_UNAVAILABLE, whatever is shown. */
export const verifyTpm = (
  _evidence: Evidence,
  _policy: Readonly<Record<string, never>>,
  _time: AttestationTime,
): AttestedNode | Refusal =>
  refuse(attestationErrors.E_ATTESTOR_UNAVAILABLE, 'TPM 2.0 evidence cannot be verified yet');
