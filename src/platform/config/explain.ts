/** Rows for `sallyport config explain`: each value and where it came from, secrets hidden. */
import { listConfigFields } from './fields.ts';
import { type ConfigValue, passwordOf, type ResolvedConfig } from './load.ts';
import type { ConfigSource } from './raw-value.ts';
import type { KeyMeta } from './key-meta.ts';

export type ConfigRow = {
  readonly key: string;
  /** The value as JSON, `[secret]` for secrets, null when not set. */
  readonly value: unknown;
  readonly source: ConfigSource;
  readonly place: string;
};

/** One row per key, in the order of the schema. */
export const explainConfig = (resolved: ResolvedConfig): readonly ConfigRow[] => {
  const metas = new Map(listConfigFields().map(({ key, meta }) => [key, meta]));
  return resolved.values.map((value) => ({
    key: value.key,
    value: shown(value, metas.get(value.key)),
    source: value.source,
    place: value.place,
  }));
};

const shown = ({ value }: ConfigValue, meta: KeyMeta | undefined): unknown => {
  if (value === undefined) return null;
  if (meta?.isSecret) return '[secret]';
  if (meta?.isUrl && typeof value === 'string') return withoutPassword(value);
  return value;
};

const withoutPassword = (text: string): string => {
  if (passwordOf(text) === '') return text;
  if (!URL.canParse(text)) return '[secret]';
  const url = new URL(text);
  url.password = 'secret';
  return url.href.replace(':secret@', ':[secret]@');
};
