/** SPIFFE IDs of agents: `spiffe://<trust domain>/sallyport/agent/<attestor>/<node id>`. */
import { isRefusal, type Refusal } from '../../../kernel/errors.ts';
import {
  parseSpiffeId,
  type PrincipalId,
  type SpiffeId,
  type TrustDomain,
} from '../../../kernel/ids.ts';
import { outOfBounds } from '../bounds.ts';

const path = '/sallyport/agent/';

/** The id of a node's agent; refused when the node id is no path. */
export const agentIdFor = (
  trustDomain: TrustDomain,
  attestor: string,
  nodeId: string,
): SpiffeId | Refusal => {
  const id = parseSpiffeId(`spiffe://${trustDomain}${path}${attestor}/${nodeId}`);
  return isRefusal(id)
    ? outOfBounds(`a node id is a path, not ${JSON.stringify(nodeId.slice(0, 64))}`)
    : id;
};

/** True for ids that `agentIdFor` makes. */
export const isAgentIdOf = (id: SpiffeId, trustDomain: TrustDomain): boolean => {
  const start = `spiffe://${trustDomain}${path}`;
  return id.startsWith(start) && id.indexOf('/', start.length) > start.length;
};

/** How an agent is named where principals are: its path without the first slash. */
export const agentPrincipal = (
  id: SpiffeId,
): { readonly type: 'Service'; readonly id: PrincipalId } => ({
  type: 'Service',
  id: id.slice(id.indexOf('/', 'spiffe://'.length) + 1).slice(0, 256) as PrincipalId,
});
