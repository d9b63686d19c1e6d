/** Step 1: the head has exactly one meaning. Anything else ends the connection. */
import { isRefusal } from '../../../kernel/errors.ts';
import type { Exchange } from '../exchange.ts';
import { parseHead } from '../front/head.ts';
import { findRoute } from '../route.ts';
import type { StepResult } from '../types.ts';

export const checkFraming = (exchange: Exchange): StepResult => {
  const head = parseHead(exchange.request);
  if (isRefusal(head)) return head;
  exchange.head = head;
  exchange.match = findRoute(head.method, head.path);
  return undefined;
};
