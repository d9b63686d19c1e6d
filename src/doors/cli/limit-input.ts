/** Which limit is meant, from flags, and a limit in words. */
import type { JsonObject } from '../../kernel/json-value.ts';
import { field, objectField } from './answer.ts';
import { type Options, usage } from './options.ts';
import type { Row } from './table.ts';

export type LimitScope = { readonly kind: string; readonly id: string };

/** Throws E_USAGE unless exactly one of --principal, --team and --endpoint is given. */
export const limitScopeOf = (options: Options): LimitScope => {
  const given = ['principal', 'team', 'endpoint'].flatMap((kind) => {
    const id = options.text(kind);
    return id === undefined ? [] : [{ kind, id }];
  });
  const [scope] = given;
  if (scope !== undefined && given.length === 1) return scope;
  throw usage('give one of --principal, --team and --endpoint');
};

export const limitKeyOf = (options: Options) => ({
  scope: limitScopeOf(options),
  measure: options.required('measure'),
  window: options.required('window'),
});

/** The columns of a limit. */
export const limitRow = (limit: JsonObject): Row => {
  const scope = objectField(limit, 'scope');
  return {
    scope: `${field(scope, 'kind', 'string')} ${field(scope, 'id', 'string')}`,
    measure: field(limit, 'measure', 'string'),
    window: field(limit, 'window', 'string'),
    amount: field(limit, 'amount', 'number'),
  };
};
