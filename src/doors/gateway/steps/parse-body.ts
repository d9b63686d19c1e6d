/** Step 5: the body is one strict JSON object; what is parsed here is what is judged and sent. */
import { isRefusal, refuse } from '../../../kernel/errors.ts';
import { isJsonObject, type JsonValue } from '../../../kernel/json-value.ts';
import { checkJson } from '../../../kernel/strict-json.ts';
import { gatewayErrors } from '../errors.ts';
import { type Exchange, filled } from '../exchange.ts';
import type { StepResult } from '../types.ts';

const limits = { maxDepth: 64, maxKeys: 4096, maxValues: 4_000_000, maxBytes: 1 << 30 };

export const parseBody = (exchange: Exchange): StepResult => {
  const bytes = filled(exchange.bytes, 'bytes');
  const fault = checkJson(bytes, limits);
  if (isRefusal(fault)) return refuse(gatewayErrors.E_REQUEST_INVALID, fault.detail, fault.data);
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString();
  const value = JSON.parse(text) as JsonValue;
  if (!isJsonObject(value))
    return refuse(gatewayErrors.E_REQUEST_INVALID, 'the body must be a JSON object');
  exchange.body = value as Record<string, JsonValue>;
  exchange.bytes = undefined;
  return undefined;
};
