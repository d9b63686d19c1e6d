/** What stands beside the type of a key: its meaning, its flag and how its value is treated. */
import { z } from 'zod';

/** What a key carries beside its type. Kept in zod's metadata so that it stands beside the key. */
export type KeyMeta = {
  readonly description: string;
  /** Command-line flag for it; keys without one are set with `--set key=value`. */
  readonly flag?: string;
  /** A file-system path: relative ones in a configuration file are relative to that file. */
  readonly isPath?: true;
  /** Never shown, and accepted from the environment only. */
  readonly isSecret?: true;
  /** A URL that may hold a password; shown without it. */
  readonly isUrl?: true;
};

/** A type with what its key means. */
export const key = <T extends z.ZodType>(type: T, meta: KeyMeta): T => type.meta(meta);

const maxPathLength = 4096;

/** A file-system path. */
export const path = z
  .string()
  .min(1)
  .max(maxPathLength)
  .refine((text) => !text.includes('\0'), 'a path holds no NUL');
