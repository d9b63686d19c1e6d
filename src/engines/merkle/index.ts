/** The door of the Merkle engine, also published as `sallyport/merkle`. */
export { isRefusal, orThrow, type Refusal } from '../../kernel/errors.ts';
export { type Checkpoint, formatCheckpoint, parseCheckpoint } from './checkpoint.ts';
export { type ConsistencyClaim, verifyConsistency } from './consistency.ts';
export { encodeEntryBundle, maxEntryBytes, parseEntryBundle } from './entry-bundles.ts';
export { merkleErrors } from './errors.ts';
export {
  createFrontier,
  type Frontier,
  type FrontierState,
  type NodeListener,
} from './frontier.ts';
export { emptyRoot, type Hash, hashLength, leafHash, nodeHash } from './hashes.ts';
export { type InclusionClaim, verifyInclusion } from './inclusion.ts';
export {
  isQuorumMet,
  type LogPolicy,
  type PolicyGroup,
  type PolicyLog,
  type PolicyWitness,
  parseLogPolicy,
} from './log-policy.ts';
export {
  formatNote,
  formatSignatureLine,
  type Note,
  type NoteSignature,
  parseNote,
  parseSignatureLine,
  type VerifiedNote,
  verifyNote,
} from './note.ts';
export type { NodeAddress, ProofPlan } from './proof-plans.ts';
export {
  type HashReader,
  proveConsistency,
  proveConsistencySync,
  proveInclusion,
  proveInclusionSync,
  proveSubtreeConsistency,
  type SyncHashReader,
} from './prove.ts';
export { type NoteSigner, type SyncNoteSigner, signNote, signNoteSync } from './sign-note.ts';
export { type SubtreeStatement, subtreeMessage, type VerifiedSignature } from './signatures.ts';
export type { Size } from './sizes.ts';
export {
  isSubtree,
  type SubtreeConsistencyClaim,
  type SubtreeInclusionClaim,
  verifySubtreeConsistency,
  verifySubtreeInclusion,
} from './subtrees.ts';
export {
  type SyncTileReader,
  syncTileHashReader,
  type TileReader,
  tileHashReader,
} from './tile-reader.ts';
export {
  entriesPath,
  hashInTile,
  type LogPath,
  nodeInTile,
  parseLogPath,
  type TileAddress,
  tileHeight,
  tileOfNode,
  tilePath,
  tilesOf,
  tileWidth,
  tileWidthAt,
} from './tiles.ts';
export { formatTlogProof, parseTlogProof, type TlogProof, verifyTlogProof } from './tlog-proof.ts';
export type { VerifiedTlogProof } from './tlog-proof.ts';
export {
  createVerifierKey,
  formatVerifierKey,
  type KeyType,
  keyTypes,
  parseVerifierKey,
  type VerifierKey,
} from './verifier-keys.ts';
export {
  type CheckpointPolicy,
  checkpointPolicyFor,
  type VerifiedCheckpoint,
  verifyCheckpoint,
} from './verify-checkpoint.ts';
