/** What may be shown of an API token. */
import { z } from 'zod';
import { entityRef, timeMs } from '../schemas.ts';

export const tokenRecord = z.object({
  id: z.string(),
  principal: entityRef,
  name: z.string(),
  createdAtMs: timeMs,
  expiresAtMs: timeMs,
  lastUsedAtMs: timeMs.optional(),
  revokedAtMs: timeMs.optional(),
});
