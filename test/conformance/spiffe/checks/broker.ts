/** BR-01 to BR-24: the Broker API. */
import type { Check } from '../types.ts';

export const brokerChecks: readonly Check[] = [];
