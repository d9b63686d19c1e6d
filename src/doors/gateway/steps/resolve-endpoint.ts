/** Step 6: the model name stands for one registered endpoint of the caller's tenant. */
import { type Refusal, refuse } from '../../../kernel/errors.ts';
import { entityRefOf } from '../../../domains/endpoints/index.ts';
import { gatewayErrors } from '../errors.ts';
import { type Exchange, filled } from '../exchange.ts';
import type { StepResult } from '../types.ts';

const maxShownName = 128;

/** The same answer for "does not exist" and "speaks another protocol". */
export const modelNotFound = (name: string): Refusal =>
  refuse(
    gatewayErrors.E_MODEL_NOT_FOUND,
    `there is no model ${JSON.stringify(name.slice(0, maxShownName))} here`,
    { param: 'model' },
  );

const modelName = (exchange: Exchange): string | Refusal => {
  const { model } = filled(exchange.match, 'route');
  if (model !== undefined) return model;
  const name = exchange.body?.['model'];
  if (typeof name === 'string' && name !== '') return name;
  return refuse(gatewayErrors.E_REQUEST_INVALID, 'model: must be a string', { param: 'model' });
};

export const resolveEndpoint = (exchange: Exchange): StepResult => {
  const name = modelName(exchange);
  if (typeof name !== 'string') return name;
  const { tenant } = filled(exchange.identity, 'identity');
  const endpoint = exchange.gateway.deps.endpoints.find(tenant, name);
  if (endpoint?.protocol !== exchange.match?.route.protocol || endpoint === undefined)
    return modelNotFound(name);
  if (exchange.requestBytes > endpoint.limits.maxBodyBytes)
    return refuse(
      gatewayErrors.E_BODY_TOO_LARGE,
      `the body exceeds ${endpoint.limits.maxBodyBytes} bytes`,
    );
  exchange.endpoint = endpoint;
  exchange.resource = entityRefOf(endpoint);
  exchange.deadlineMs = exchange.startedMs + endpoint.timeouts.totalMs;
  return undefined;
};
