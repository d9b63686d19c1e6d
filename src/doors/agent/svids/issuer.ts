/**
 * SVIDs from the server in batches: requests of a few milliseconds travel together, at most 500 a
 * call, a few calls at once. Private keys never leave this process.
 */
import { sign } from 'node:crypto';
import { createCertificateRequest } from '../../../engines/pki/index.ts';
import { isRefusal, type Refusal, refuse } from '../../../kernel/errors.ts';
import { Secret } from '../../../kernel/secret.ts';
import { agentErrors } from '../errors.ts';
import type { ServerApi, SvidAnswer, SvidRequest } from '../types.ts';
import type { KeyPool, WorkloadKey } from './key-pool.ts';

export type FreshSvid = {
  /** DER, leaf first. */
  readonly chain: readonly Uint8Array[];
  /** PKCS#8 DER. */
  readonly privateKey: Secret<Uint8Array>;
  readonly expiresAtMs: number;
};

export type Wish = { readonly entryId: string; readonly instance?: string };

export type Issuer = {
  readonly issue: (wish: Wish) => Promise<FreshSvid | Refusal>;
  readonly close: () => void;
};

type Waiting = { readonly wish: Wish; readonly settle: (answer: FreshSvid | Refusal) => void };

const maxBatch = 500;
const windowMs = 5;
const maxCalls = 4;

const toRequest = ({ entryId, instance }: Wish, key: WorkloadKey): SvidRequest => ({
  entryId,
  csr: createCertificateRequest({
    spki: key.spki,
    sign: (data) => sign('sha256', data, key.privateKey),
  }),
  ...(instance === undefined ? {} : { instance }),
});

const toFresh = (answer: SvidAnswer | undefined, key: WorkloadKey): FreshSvid | Refusal => {
  if (answer === undefined) return refuse(agentErrors.E_AGENT_ANSWER, 'no answer for an SVID');
  if (isRefusal(answer)) return answer;
  const bytes = key.privateKey.export({ type: 'pkcs8', format: 'der' });
  return { ...answer, privateKey: new Secret<Uint8Array>(bytes) };
};

const closed = refuse(agentErrors.E_AGENT_NOT_READY, 'the agent is stopping');

/** Creates an issuer over one server. */
export const createIssuer = (
  api: Pick<ServerApi, 'issueSvids'>,
  keys: Pick<KeyPool, 'take'>,
): Issuer => {
  let waiting: Waiting[] = [];
  let timer: NodeJS.Timeout | undefined;
  let calls = 0;
  let isClosed = false;

  const send = async (batch: readonly Waiting[]): Promise<void> => {
    const made = batch.map(() => keys.take());
    const requests = batch.map(({ wish }, at) => toRequest(wish, made[at] as WorkloadKey));
    const answers = await api.issueSvids(requests);
    for (const [at, { settle }] of batch.entries())
      settle(isRefusal(answers) ? answers : toFresh(answers[at], made[at] as WorkloadKey));
  };

  const flush = (): void => {
    clearTimeout(timer);
    timer = undefined;
    while (waiting.length > 0 && calls < maxCalls) {
      const batch = waiting.slice(0, maxBatch);
      waiting = waiting.slice(maxBatch);
      calls += 1;
      void send(batch)
        .catch((error: unknown) => {
          const refusal = refuse(agentErrors.E_AGENT_SERVER, String(error));
          for (const { settle } of batch) settle(refusal);
        })
        .finally(() => {
          calls -= 1;
          flush();
        });
    }
  };

  return {
    issue: (wish) =>
      new Promise((settle) => {
        if (isClosed) {
          settle(closed);
          return;
        }
        waiting.push({ wish, settle });
        if (waiting.length >= maxBatch) flush();
        // A lone request waits for nobody but those of the same moment.
        else timer ??= setTimeout(flush, calls === 0 ? 0 : windowMs);
      }),
    close: () => {
      isClosed = true;
      clearTimeout(timer);
      for (const { settle } of waiting.splice(0)) settle(closed);
    },
  };
};
