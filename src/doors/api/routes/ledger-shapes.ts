/** Rows and entries of the ledger as answers, and what they are filtered by. */
import { z } from 'zod';
import { count, timeMs } from '../schemas.ts';

const text = z.string().min(1).max(512);
const maxTimeMs = 8_640_000_000_000_000;

export const ledgerFilters = z.strictObject({
  limit: count(1, 1000).default(100),
  before: count(0, Number.MAX_SAFE_INTEGER).optional(),
  fromMs: count(0, maxTimeMs).optional(),
  toMs: count(0, maxTimeMs).optional(),
  classUid: count(0, 100_000).optional(),
  principal: text.optional(),
  resource: text.optional(),
  correlationUid: text.optional(),
  eventCode: text.optional(),
});

const eventClass = z.enum(['decisive', 'forensic', 'telemetry']);

export const ledgerRow = z.object({
  index: z.number(),
  timeMs,
  class: eventClass,
  classUid: z.number(),
  typeUid: z.number(),
  severityId: z.number(),
  eventCode: z.string().nullable(),
  correlationUid: z.string().nullable(),
  principal: z.string().nullable(),
  resource: z.string().nullable(),
  decision: z.enum(['allow', 'deny']).nullable(),
});

/** Personal fields stay sealed. */
export const ledgerEntry = z.object({
  index: z.number(),
  v: z.literal(1),
  class: eventClass,
  ocsf: z.looseObject({}),
  sealed: z
    .object({
      subject: z.string(),
      key: z.string(),
      commitment: z.string(),
      ciphertext: z.string(),
    })
    .optional(),
  weight: z.number().optional(),
});
