/**
 * The agent's own SVID: attested, kept across restarts, renewed at half of its life, attested again by
 * itself when it has ended or the server does not accept it any more.
 */
import { sign } from 'node:crypto';
import { createCertificateRequest, parseTrustBundle } from '../../../engines/pki/index.ts';
import { isRefusal, type Refusal, refuse } from '../../../kernel/errors.ts';
import { trustDomainOf } from '../../../kernel/ids.ts';
import type { Log } from '../../../platform/log/index.ts';
import { agentErrors } from '../errors.ts';
import type { ServerTrust } from '../server/trust.ts';
import { makeKey, type WorkloadKey } from '../svids/key-pool.ts';
import { readFacts } from '../svids/svid-cache.ts';
import type { ServerTime } from '../sync/server-time.ts';
import type { AgentCredentials, OwnIdentity, ServerApi } from '../types.ts';
import { type IdentityFile, type KeptIdentity, toOwnIdentity } from './identity-file.ts';
import type { ProveNode } from './prove-node.ts';

export type OwnIdentityParts = {
  readonly api: Pick<ServerApi, 'attest' | 'renew'>;
  readonly prove: ProveNode;
  readonly trust: ServerTrust;
  readonly time: ServerTime;
  readonly file: IdentityFile;
  readonly log: Log;
};

export type OwnIdentityManager = {
  readonly current: () => OwnIdentity | undefined;
  /** Makes sure there is a good SVID; `refused`: the server did not accept the present one. */
  readonly ensure: (state: 'held' | 'refused') => Promise<Refusal | undefined>;
  /** Renews when due; call it a few times a minute. Failures are tried again later. */
  readonly tick: () => Promise<void>;
  /** Renews now when the present SVID was signed by one of these authorities (hex key ids). */
  readonly leave: (tainted: ReadonlySet<string>) => Promise<void>;
  /** Reads what an earlier run left. */
  readonly restore: () => Promise<void>;
};

const retryMs = 10_000;

const requestFor = (key: WorkloadKey): Uint8Array =>
  createCertificateRequest({
    spki: key.spki,
    sign: (data) => sign('sha256', data, key.privateKey),
  });

class Manager implements OwnIdentityManager {
  readonly #parts: OwnIdentityParts;
  #kept: Omit<KeptIdentity, 'trust'> | undefined;
  #working: Promise<Refusal | undefined> | undefined;
  #notBeforeMonotonicMs = 0;
  #tainted: ReadonlySet<string> = new Set();

  constructor(parts: OwnIdentityParts) {
    this.#parts = parts;
  }

  current(): OwnIdentity | undefined {
    return this.#kept?.own;
  }

  async restore(): Promise<void> {
    const kept = await this.#parts.file.read();
    if (kept === undefined) return;
    this.#kept = kept;
    this.#parts.trust.update(kept.trust);
  }

  #isGood(): boolean {
    const own = this.#kept?.own;
    return own !== undefined && this.#parts.time.nowMs() < own.expiresAtMs;
  }

  ensure(state: 'held' | 'refused'): Promise<Refusal | undefined> {
    if (state === 'held' && this.#isGood()) return Promise.resolve(undefined);
    return this.#once(() => this.#attest());
  }

  async leave(tainted: ReadonlySet<string>): Promise<void> {
    this.#tainted = tainted;
    await this.tick();
  }

  /** At half of its life, or at once when its authority is on its way out. */
  #isDue(own: OwnIdentity): boolean {
    const issuer = readFacts(own)?.issuerKeyId;
    if (issuer !== undefined && this.#tainted.has(issuer)) return true;
    return this.#parts.time.nowMs() >= (own.notBeforeMs + own.expiresAtMs) / 2;
  }

  async tick(): Promise<void> {
    const { time, log } = this.#parts;
    const own = this.#kept?.own;
    if (own === undefined || time.monotonicMs() < this.#notBeforeMonotonicMs) return;
    if (!this.#isGood() || !this.#isDue(own)) return;
    const problem = await this.#once(() => this.#renew());
    if (problem === undefined) return;
    this.#notBeforeMonotonicMs = time.monotonicMs() + retryMs;
    log.warn({ code: problem.error.code, detail: problem.detail }, 'the agent was not renewed');
  }

  /** One exchange at a time, whoever asks. */
  #once(work: () => Promise<Refusal | undefined>): Promise<Refusal | undefined> {
    this.#working ??= work().finally(() => {
      this.#working = undefined;
    });
    return this.#working;
  }

  async #attest(): Promise<Refusal | undefined> {
    const { api, prove, log } = this.#parts;
    const key = makeKey();
    const credentials = await prove(api, { csr: requestFor(key), spki: key.spki });
    if (isRefusal(credentials)) return credentials;
    const problem = await this.#take(credentials, key);
    if (problem === undefined) log.info({ agentId: credentials.agentId }, 'attested');
    return problem;
  }

  async #renew(): Promise<Refusal | undefined> {
    const key = makeKey();
    const answer = await this.#parts.api.renew(requestFor(key));
    if (isRefusal(answer)) return answer;
    return this.#take({ ...answer, isReattestable: this.#kept?.isReattestable === true }, key);
  }

  async #take(credentials: AgentCredentials, key: WorkloadKey): Promise<Refusal | undefined> {
    const { agentId, chain, bundle, isReattestable } = credentials;
    const { trust, file, log } = this.#parts;
    const own = toOwnIdentity({ agentId, chain, privateKey: key.privateKey });
    const parsed = parseTrustBundle(trustDomainOf(agentId), JSON.stringify(bundle));
    if (own === undefined || isRefusal(parsed))
      return refuse(agentErrors.E_AGENT_ANSWER, 'the SVID of the agent cannot be read');
    this.#kept = { own, bundle, isReattestable };
    trust.update(parsed);
    // An agent that cannot write serves on; after a restart it has to attest again.
    await file
      .write({ own, bundle, isReattestable })
      .catch((error: unknown) => log.error({ error: String(error) }, 'identity was not kept'));
    return undefined;
  }
}

/** Creates the manager of the agent's own SVID. */
export const createOwnIdentity = (parts: OwnIdentityParts): OwnIdentityManager =>
  new Manager(parts);
