/** For answers the gateway gives itself: the decision is durable before the first byte leaves. */
import type { Exchange } from '../exchange.ts';
import type { StepResult } from '../types.ts';

export const awaitRecord = (exchange: Exchange): StepResult => exchange.recording;
