/** The differential oracle for schemas. */
import * as cedar from '@cedar-policy/cedar-wasm/nodejs';

type OracleSchema = Parameters<typeof cedar.checkParseSchema>[0];

/** Undefined when the oracle accepts the schema, its message otherwise. */
export const oracleRefusal = (schema: unknown): string | undefined => {
  const answer = cedar.checkParseSchema(schema as OracleSchema);
  return answer.type === 'success' ? undefined : answer.errors.map((e) => e.message).join('; ');
};

/** The oracle's own conversion to JSON. */
export const oracleJson = (schema: unknown): unknown => {
  const answer = cedar.schemaToJson(schema as OracleSchema);
  return answer.type === 'success' ? answer.json : undefined;
};
