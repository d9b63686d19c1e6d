/** Shapes that several routes share, and the way from zod's optionals to exact ones. */
import { z } from 'zod';
import { isRefusal, type Refusal } from '../../kernel/errors.ts';
import { decodeBase64 } from '../../kernel/base64url.ts';
import { parsePrincipalId, parseSpiffeId, parseTrustDomain } from '../../kernel/ids.ts';

const parsedBy = <T>(parse: (text: string) => T | Refusal, most = 2048) =>
  z
    .string()
    .max(most)
    .transform((text, context): T => {
      const parsed = parse(text);
      if (!isRefusal(parsed)) return parsed;
      context.addIssue({ code: 'custom', message: parsed.detail });
      return z.NEVER;
    });

export const principalId = parsedBy(parsePrincipalId);
export const spiffeId = parsedBy(parseSpiffeId);

export const trustDomain = parsedBy(parseTrustDomain);
/** DER as standard base64. */
export const der = parsedBy(decodeBase64, 24_576);

export const principalType = z.enum(['User', 'Service', 'Agent']);
export const entityRef = z.object({ type: z.string(), id: z.string() });
export const entityRefInput = z.strictObject({
  type: z.string().min(1).max(256),
  id: z.string().min(1).max(512),
});
export const timeMs = z.number().describe('epoch milliseconds');
export const ttlSeconds = z
  .int()
  .min(1)
  .max(366 * 86_400)
  .optional();
export const groupName = z.string().min(1).max(256);
/** A number in a query string. */
export const count = (min: number, max: number) => z.coerce.number().int().min(min).max(max);

export const policyFiles = z
  .array(z.strictObject({ file: z.string().min(1).max(1024), text: z.string().max(1024 * 1024) }))
  .min(1)
  .max(1000);

export const policyProblem = z.object({
  severity: z.enum(['error', 'warning']),
  message: z.string(),
  policyId: z.string().optional(),
  file: z.string().optional(),
  line: z.number().optional(),
});

export const reason = z.object({
  policyId: z.string(),
  file: z.string().optional(),
  line: z.number().optional(),
});

export const decision = z.object({
  decision: z.enum(['allow', 'deny']),
  reasons: z.array(reason),
  obligations: z.array(z.object({ name: z.string(), argument: z.string().optional() })),
  errors: z.array(z.object({ policyId: z.string(), message: z.string() })),
});

export type Compact<T> = {
  [K in keyof T as undefined extends T[K] ? never : K]: T[K];
} & { [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined> };

/** Drops members that are undefined: zod writes them, the rest of the program knows only absence. */
export const compact = <T extends object>(value: T): Compact<T> =>
  Object.fromEntries(
    Object.entries(value).filter(([, member]) => member !== undefined),
  ) as Compact<T>;
