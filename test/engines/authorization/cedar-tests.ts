/** Cedar's own integration tests, read from the vectors: policies, schema, entities, requests. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { Entity, PolicyRequest } from '../../../src/engines/authorization/index.ts';
import { readTar } from '../../../tools/ocsf/read-tar.ts';

const folder = join(
  process.env.SALLYPORT_VECTORS ?? join(import.meta.dirname, '../../../../shared/vectors'),
  'compliance/cedar',
);

/** False, or why the tests cannot run. */
export const skipReason: string | false = existsSync(join(folder, 'cases.json'))
  ? false
  : `no ${folder}: set SALLYPORT_VECTORS`;

type Case = {
  readonly test: string;
  readonly policies: string;
  readonly entities: string;
  readonly schema: string;
  readonly shouldValidate: boolean;
};
export type CedarRequest = PolicyRequest & {
  readonly description: string;
  readonly decision: 'allow' | 'deny';
  readonly reason: readonly string[];
  readonly errors: readonly string[];
};
export type CedarTest = {
  readonly name: string;
  readonly policies: string;
  readonly schema: string;
  readonly shouldValidate: boolean;
  readonly entities: readonly Entity[];
  readonly requests: readonly CedarRequest[];
};

/** Integers beyond 2^53 keep their digits. */
const parseExact = (text: string): unknown =>
  JSON.parse(text, (_key, value: unknown, context?: { readonly source?: string }) => {
    const isLong = typeof value === 'number' && !Number.isSafeInteger(value);
    return isLong && /^-?\d+$/.test(context?.source ?? '') ? BigInt(context?.source ?? 0) : value;
  });

/** All tests of the vectors. */
export const cedarTests = (): readonly CedarTest[] => {
  const files = readTar(gunzipSync(readFileSync(join(folder, 'tests.tar.gz'))));
  const text = (name: string): string => Buffer.from(files.get(name) ?? '').toString('utf8');
  const cases = JSON.parse(readFileSync(join(folder, 'cases.json'), 'utf8')) as readonly Case[];
  return cases.map(({ test, policies, entities, schema, shouldValidate }) => ({
    name: test,
    policies: text(policies),
    schema: text(schema),
    shouldValidate,
    entities: parseExact(text(entities)) as readonly Entity[],
    requests: (parseExact(text(test)) as { requests: readonly CedarRequest[] }).requests,
  }));
};
