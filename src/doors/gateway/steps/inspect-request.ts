/** Step 12: what the request says. The seam for content inspection; passes when none is installed. */
import type { Exchange } from '../exchange.ts';
import type { StepResult } from '../types.ts';

export const inspectRequest = (exchange: Exchange): StepResult =>
  exchange.gateway.deps.inspection?.request(exchange);
