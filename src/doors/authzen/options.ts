/** The settings of the configuration as the door takes them. */
import type { AuthzenDeps } from './evaluate.ts';

export type AuthzenSettings = {
  readonly publicUrl?: string | undefined;
  /** `identity=User` each. */
  readonly types: readonly string[];
};

export const authzenOptions = ({
  publicUrl,
  types,
}: AuthzenSettings): Pick<AuthzenDeps, 'types' | 'publicUrl'> => ({
  types: Object.fromEntries(
    types.map((pair) => {
      const at = pair.indexOf('=');
      return [pair.slice(0, at), pair.slice(at + 1)];
    }),
  ),
  ...(publicUrl === undefined ? {} : { publicUrl: publicUrl.replace(/\/$/, '') }),
});
