/** Node attestation: evidence of platforms judged without I/O. */
export { type AwsPolicy, verifyAws } from './aws.ts';
export { azureNonce, challengeAzure, verifyAzure } from './azure.ts';
export type { AzurePolicy, AzureProof } from './azure.ts';
export { challengeLifeMs, type ChallengeKey } from './challenge.ts';
export { parseSignedData } from './cms-reader.ts';
export type { SignedData, SignerId, SignerInfo } from './cms-reader.ts';
export { findSigner } from './cms-signer.ts';
export { attestationErrors } from './errors.ts';
export { type GcpPolicy, verifyGcp } from './gcp.ts';
export { attestKubernetes, tokenReviewFor, verifyKubernetes } from './kubernetes.ts';
export type { KubernetesCluster, KubernetesPolicy, ReviewToken } from './kubernetes.ts';
export { type OidcPolicy, type OidcProvider, verifyOidc } from './oidc.ts';
export { type SlurmCluster, type SlurmPolicy, verifySlurm } from './slurm.ts';
export { tokenKeyId } from './token.ts';
export { verifyTpm } from './tpm.ts';
export type { AttestationTime, AttestedNode, Evidence } from './types.ts';
export { answerX509Pop, challengeX509Pop, verifyX509Pop } from './x509pop.ts';
export type { X509PopPolicy, X509PopProof } from './x509pop.ts';
