/**
 * The keys of an issuer, kept fresh: read again after ten minutes, or at once for a key that is not
 * among them, but never more often than every ten seconds. Keys that could not be confirmed for an
 * hour count no longer: then everybody is refused.
 */
import { attestationErrors } from '../../engines/attestation/index.ts';
import type { FetchJwks } from '../../domains/identity/index.ts';
import type { Clock } from '../../kernel/effects.ts';
import { type Refusal, refuse } from '../../kernel/errors.ts';
import { isJsonObject, type JsonObject } from '../../kernel/json-value.ts';
import type { Log } from '../../platform/log/index.ts';
import { reasonOf } from './request-json.ts';

export type KeySourceOptions = {
  /** Whose keys, for the log. */
  readonly name: string;
  /** Rejects when the keys cannot be had. */
  readonly load: () => Promise<JsonObject>;
  readonly clock: Pick<Clock, 'monotonicMs'>;
  readonly log: Pick<Log, 'warn'>;
};

const freshMs = 600_000;
const goodMs = 3_600_000;
const pauseMs = 10_000;

type Held = {
  readonly jwks: JsonObject;
  readonly ids: ReadonlySet<string>;
  readonly atMs: number;
};

const unavailable = refuse(
  attestationErrors.E_ATTESTOR_UNAVAILABLE,
  'the keys of the issuer cannot be had at present',
);

const idsOf = (jwks: JsonObject): ReadonlySet<string> => {
  const { keys } = jwks;
  if (!Array.isArray(keys) || keys.length === 0) throw new Error('it holds no keys');
  const ids = keys.filter(isJsonObject).map(({ kid }) => kid);
  return new Set(ids.filter((kid): kid is string => typeof kid === 'string'));
};

class KeySource {
  readonly #options: KeySourceOptions;
  #held: Held | undefined;
  #triedAtMs = Number.NEGATIVE_INFINITY;
  #hasFailed = false;
  #loading: Promise<void> | undefined;

  constructor(options: KeySourceOptions) {
    this.#options = options;
  }

  async get(keyId: string | undefined): Promise<JsonObject | Refusal> {
    if (this.#isWanting(keyId)) await this.#refresh();
    const held = this.#held;
    if (held === undefined || this.#ageOf(held) >= goodMs) return unavailable;
    // Perhaps the issuer has the key by now; that it has not is only known from an answer.
    return this.#hasFailed && this.#isUnknown(keyId) ? unavailable : held.jwks;
  }

  #ageOf({ atMs }: Held): number {
    return this.#options.clock.monotonicMs() - atMs;
  }

  #isUnknown(keyId: string | undefined): boolean {
    return keyId !== undefined && this.#held?.ids.has(keyId) !== true;
  }

  #isWanting(keyId: string | undefined): boolean {
    return this.#held === undefined || this.#ageOf(this.#held) >= freshMs || this.#isUnknown(keyId);
  }

  /** One at a time for everybody who asks, and with a pause after each. */
  #refresh(): Promise<void> {
    const nowMs = this.#options.clock.monotonicMs();
    if (this.#loading !== undefined) return this.#loading;
    if (nowMs - this.#triedAtMs < pauseMs) return Promise.resolve();
    this.#triedAtMs = nowMs;
    this.#loading = this.#load().finally(() => {
      this.#loading = undefined;
    });
    return this.#loading;
  }

  async #load(): Promise<void> {
    const { load, clock, log, name } = this.#options;
    try {
      const jwks = await load();
      this.#held = { jwks, ids: idsOf(jwks), atMs: clock.monotonicMs() };
      this.#hasFailed = false;
    } catch (error) {
      this.#hasFailed = true;
      log.warn({ source: name, reason: reasonOf(error) }, 'the keys of an issuer cannot be had');
    }
  }
}

/** Never rejects. Nothing is fetched before the first token. */
export const createKeySource = (options: KeySourceOptions): FetchJwks => {
  const source = new KeySource(options);
  return (keyId) => source.get(keyId);
};
