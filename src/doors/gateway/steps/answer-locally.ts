/** Answers the gateway gives itself: lists, metadata and health. They never ask an upstream. */
import type { EntityRef } from '../../../domains/access/index.ts';
import { type Endpoint, entityRefOf, type TensorSpec } from '../../../domains/endpoints/index.ts';
import { sallyportProduct } from '../../../engines/ocsf/index.ts';
import { refuse } from '../../../kernel/errors.ts';
import { gatewayErrors } from '../errors.ts';
import { type Exchange, filled } from '../exchange.ts';
import { sendJson } from '../front/respond.ts';
import type { StepResult } from '../types.ts';
import { ask, denied } from './decide.ts';
import { modelNotFound } from './resolve-endpoint.ts';

const system: EntityRef = { type: 'System', id: 'sallyport' };

/** What the OpenAI API calls a model object. */
const modelObject = (endpoint: Endpoint): object => ({
  id: endpoint.name,
  object: 'model',
  created: Math.floor(endpoint.createdAtMs / 1000),
  owned_by: 'sallyport',
});

const maySee = (exchange: Exchange, endpoint: Endpoint): boolean =>
  ask(exchange, entityRefOf(endpoint)).decision === 'allow';

/** May this caller ask for the list at all? */
export const decideListing = (exchange: Exchange): StepResult => {
  exchange.resource = system;
  exchange.decision = ask(exchange, system);
  return exchange.decision.decision === 'allow' ? undefined : denied(exchange);
};

/** Only endpoints the caller may use; each is decided on its own. */
export const listModels = (exchange: Exchange): StepResult => {
  const { tenant } = filled(exchange.identity, 'identity');
  const data = exchange.gateway.deps.endpoints
    .list(tenant)
    .filter((endpoint) => maySee(exchange, endpoint))
    .map(modelObject);
  sendJson(exchange, { object: 'list', data });
  return undefined;
};

/** An endpoint the caller may not use does not exist for it. */
export const findModel = (exchange: Exchange): StepResult => {
  const { tenant } = filled(exchange.identity, 'identity');
  const { model = '', route } = filled(exchange.match, 'route');
  const endpoint = exchange.gateway.deps.endpoints.find(tenant, model);
  const isOther = route.protocol === 'v2' && endpoint?.protocol !== 'v2';
  if (endpoint === undefined || isOther) return modelNotFound(model);
  exchange.endpoint = endpoint;
  exchange.resource = entityRefOf(endpoint);
  return undefined;
};

export const hideDenied = (exchange: Exchange): StepResult => {
  const decision = ask(exchange, filled(exchange.resource, 'resource'));
  exchange.decision = decision;
  return decision.decision === 'allow' ? undefined : modelNotFound(exchange.match?.model ?? '');
};

export const showModel = (exchange: Exchange): StepResult => {
  sendJson(exchange, modelObject(filled(exchange.endpoint, 'endpoint')));
  return undefined;
};

const tensorMetadata = ({ name, datatype, shape }: TensorSpec): object => ({
  name,
  datatype,
  shape,
});

export const showMetadata = (exchange: Exchange): StepResult => {
  const { name, inputs, outputs } = filled(exchange.endpoint, 'endpoint');
  sendJson(exchange, {
    name,
    platform: 'sallyport',
    inputs: inputs.map(tensorMetadata),
    outputs: outputs.map(tensorMetadata),
  });
  return undefined;
};

export const showServer = (exchange: Exchange): StepResult => {
  sendJson(exchange, { name: 'sallyport', version: sallyportProduct.version, extensions: [] });
  return undefined;
};

/** For load balancers, without identity: one bit about this process and nothing else. */
export const showHealth = (exchange: Exchange): StepResult => {
  const isLive = filled(exchange.head, 'head').path.endsWith('/live');
  const isReady = !exchange.gateway.isClosing && exchange.gateway.deps.ledger.state() === 'open';
  if (!isLive && !isReady)
    return refuse(gatewayErrors.E_GATEWAY_BUSY, 'the ledger is not writable or the gateway stops');
  // The protocol's text says `live` in one place for readiness too; both are given.
  sendJson(exchange, isLive ? { live: true } : { live: true, ready: true });
  return undefined;
};

export const refuseRoute = (exchange: Exchange): StepResult => {
  const { route } = filled(exchange.match, 'route');
  return route.kind === 'wrong-method'
    ? refuse(gatewayErrors.E_HTTP_METHOD, `use ${route.methods}`)
    : refuse(gatewayErrors.E_ROUTE_NOT_FOUND, 'there is nothing at this path');
};
