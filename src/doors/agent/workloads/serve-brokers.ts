/**
 * The agent's listener for brokers: parties that fetch identities for workloads they name. A broker
 * proves itself by its own X509-SVID and must be on the list; what the agent knows of revocations
 * judges it, at every call, and nobody is judged on knowledge older than the lease.
 */
import { isRefusal, refuse, SallyportError } from '../../../kernel/errors.ts';
import { parseSpiffeId, type SpiffeId } from '../../../kernel/ids.ts';
import type { Log } from '../../../platform/log/index.ts';
import { type BrokerApi, parseEndpoint, serveBrokerApi } from '../../workload-api/index.ts';
import type { Agent } from '../create-agent.ts';
import { agentErrors } from '../errors.ts';

export type BrokerSpec = {
  /** `unix:/absolute/path` or `tcp:ip:port`. */
  readonly address: string;
  /** SPIFFE IDs of brokers that are served. */
  readonly allowed: readonly string[];
};

const bad = (detail: string): SallyportError =>
  new SallyportError(agentErrors.E_AGENT_OPTIONS, detail);

const idsOf = (texts: readonly string[]): ReadonlySet<SpiffeId> => {
  if (texts.length === 0) throw bad('name the brokers that are allowed');
  return new Set(
    texts.map((text) => {
      const id = parseSpiffeId(text);
      if (isRefusal(id)) throw bad(`${text} is not a SPIFFE ID`);
      return id;
    }),
  );
};

/** Listens once the agent has an identity of its own. Throws E_AGENT_OPTIONS for a bad setting. */
export const serveBrokers = async (
  agent: Agent,
  { address, allowed }: BrokerSpec,
  log: Log,
): Promise<BrokerApi> => {
  const place = parseEndpoint(address);
  if (isRefusal(place)) throw bad(`${address}: ${place.detail}`);
  const known = idsOf(allowed);
  await agent.ready();
  return serveBrokerApi({
    source: agent.source,
    place,
    identity: agent.identity,
    verify: (chain) =>
      agent.isStale()
        ? refuse(agentErrors.E_AGENT_STALE, 'knowledge of revocations is older than the lease')
        : agent.verify(chain),
    isAllowed: (broker) => known.has(broker),
    log,
  });
};
