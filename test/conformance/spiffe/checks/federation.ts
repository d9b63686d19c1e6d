/**
 * FE-01 to FE-16: the federation endpoint and its client. Checks with `needs: 'federation'` get the
 * endpoint by `target.federation`; those about the client need `library`.
 */
import type { Check } from '../types.ts';

export const federationChecks: readonly Check[] = [];
