/** Builds proofs from whatever can read hashes, at once or later. */
import {
  type NodeAddress,
  type ProofPlan,
  planConsistency,
  planInclusion,
  planSubtreeConsistency,
} from './proof-plans.ts';

/** Gives the hashes of perfect nodes in the order asked; see `tileHashReader`. */
export type HashReader = (nodes: readonly NodeAddress[]) => Promise<readonly Uint8Array[]>;
export type SyncHashReader = (nodes: readonly NodeAddress[]) => readonly Uint8Array[];

type InclusionRequest = { readonly leafIndex: number; readonly treeSize: number };
type ConsistencyRequest = { readonly size1: number; readonly size2: number };
type SubtreeRequest = { readonly start: number; readonly end: number; readonly treeSize: number };
type Proof = readonly Uint8Array[];

const fetchPlan = async (plan: ProofPlan, read: HashReader): Promise<Proof> =>
  plan.assemble(plan.nodes.length === 0 ? [] : await read(plan.nodes));

const fetchPlanSync = (plan: ProofPlan, read: SyncHashReader): Proof =>
  plan.assemble(plan.nodes.length === 0 ? [] : read(plan.nodes));

/**
 * The inclusion proof of one leaf.
 *
 * @throws RangeError when the leaf is not in the tree; whatever the reader throws
 */
export const proveInclusion = (request: InclusionRequest, read: HashReader): Promise<Proof> =>
  fetchPlan(planInclusion(request.leafIndex, request.treeSize), read);

/** `proveInclusion` over a synchronous reader. */
export const proveInclusionSync = (request: InclusionRequest, read: SyncHashReader): Proof =>
  fetchPlanSync(planInclusion(request.leafIndex, request.treeSize), read);

/**
 * The proof that the tree of size2 extends the tree of size1.
 *
 * @throws RangeError unless 0 < size1 ≤ size2; whatever the reader throws
 */
export const proveConsistency = (request: ConsistencyRequest, read: HashReader): Promise<Proof> =>
  fetchPlan(planConsistency(request.size1, request.size2), read);

/** `proveConsistency` over a synchronous reader. */
export const proveConsistencySync = (request: ConsistencyRequest, read: SyncHashReader): Proof =>
  fetchPlanSync(planConsistency(request.size1, request.size2), read);

/**
 * The proof that the tree holds the subtree [start, end).
 *
 * @throws RangeError when it is not a subtree; whatever the reader throws
 */
export const proveSubtreeConsistency = (
  request: SubtreeRequest,
  read: HashReader,
): Promise<Proof> =>
  fetchPlan(planSubtreeConsistency([request.start, request.end], request.treeSize), read);
