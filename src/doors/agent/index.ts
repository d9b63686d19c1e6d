/** The agent of a node: identities for its workloads, and proxies for those that speak no TLS. */
export { followSvids, type FollowOptions } from './client/follow-svids.ts';
export { writeSvidState } from './client/svid-files.ts';
export { type KnowledgeWatch, watchKnowledge } from './client/watch-knowledge.ts';
export {
  readSvidMessage,
  type SvidMessage,
  type SvidState,
  toSvidState,
} from './client/svid-state.ts';
export { createAgent } from './create-agent.ts';
export type { Agent, AgentOptions, AgentStatus } from './create-agent.ts';
export { agentErrors } from './errors.ts';
export {
  awsEvidence,
  azureEvidence,
  type EvidenceEffects,
  gcpEvidence,
  joinTokenEvidence,
  tokenEvidence,
  x509popEvidence,
} from './node/evidence.ts';
export { createIdentityFile, type IdentityFile } from './node/identity-file.ts';
export { type NodeEvidence, proveBy, type ProveNode } from './node/prove-node.ts';
export { fetchUnprovenBundle } from './server/server-api.ts';
export {
  bundleFromPem,
  bundleFromPin,
  createServerTrust,
  type ServerTrust,
} from './server/trust.ts';
export { systemEffects } from './system-effects.ts';
export type { Effects, ServerApi } from './types.ts';
export {
  type AttestedWorkload,
  type AttestWorkload,
  createWorkloadAttestor,
  ownUserName,
  type WorkloadAttestorOptions,
} from './workloads/attest-workload.ts';
export {
  type AgentProcess,
  type AgentProcessOptions,
  type FirstTrust,
  readSmallText,
  socketName,
  startAgentProcess,
} from './run-agent.ts';
export { createReferenceAttestor } from './workloads/attest-referenced.ts';
export { identifyPeer } from './workloads/identify-peer.ts';
export { findPod, type ListPods } from './workloads/kubernetes.ts';
export { parseProxySpec, type ProxySpec, startAgentProxy } from './proxy/agent-proxy.ts';
export { formatAddress, parseAddress } from './proxy/addresses.ts';
export { allowPeers } from './proxy/judge-peer.ts';
export { startProxy } from './proxy/proxy.ts';
export type {
  Address,
  Authorize,
  Direction,
  Proxy,
  ProxyLimits,
  ProxyOptions,
} from './proxy/types.ts';
