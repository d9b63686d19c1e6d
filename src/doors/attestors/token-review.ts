/**
 * TokenReviews by the API servers of configured clusters (authentication.k8s.io/v1). Authorities and
 * token are read for every review, because Kubernetes replaces both while the server runs.
 */
import { attestationErrors, type ReviewToken } from '../../engines/attestation/index.ts';
import { type Refusal, refuse } from '../../kernel/errors.ts';
import type { JsonObject } from '../../kernel/json-value.ts';
import type { Log } from '../../platform/log/index.ts';
import { readTextBounded } from './materials.ts';
import { reasonOf, requestJson } from './request-json.ts';

export type ReviewingCluster = {
  readonly name: string;
  readonly url: string;
  readonly caFile: string;
  readonly tokenFile: string;
};

/** Strangers decide when we ask: no more than this many questions at once. */
const maxReviews = 16;
const reviewPath = '/apis/authentication.k8s.io/v1/tokenreviews';

const unavailable = (why: string): Refusal => refuse(attestationErrors.E_ATTESTOR_UNAVAILABLE, why);

const review = async (cluster: ReviewingCluster, body: JsonObject): Promise<JsonObject> => {
  const [ca, token] = await Promise.all([
    readTextBounded(cluster.caFile),
    readTextBounded(cluster.tokenFile),
  ]);
  return requestJson({
    url: `${cluster.url.replace(/\/$/, '')}${reviewPath}`,
    ca,
    post: { body, authorization: `Bearer ${token.trim()}` },
  });
};

/** Never rejects; a cluster that does not answer is a refusal (503). */
export const createReviewToken = (
  clusters: readonly ReviewingCluster[],
  { log }: { readonly log: Pick<Log, 'warn'> },
): ReviewToken => {
  const byName = new Map(clusters.map((cluster) => [cluster.name, cluster]));
  let open = 0;
  return async (name, body) => {
    const cluster = byName.get(name);
    if (cluster === undefined) return unavailable('the cluster is not configured');
    if (open >= maxReviews) return unavailable('too many reviews at once; try again');
    open += 1;
    try {
      return await review(cluster, body);
    } catch (error) {
      log.warn({ cluster: name, reason: reasonOf(error) }, 'a cluster did not review a token');
      return unavailable('the cluster cannot be asked at present');
    } finally {
      open -= 1;
    }
  };
};
