/** JWT-SVIDs by entry and audience, held until half of their life; WIT-SVIDs with a new key each. */
import { generateKeyPairSync } from 'node:crypto';
import { exportPublicJwk } from '../../../engines/pki/index.ts';
import { isRefusal, type Refusal } from '../../../kernel/errors.ts';
import { Secret } from '../../../kernel/secret.ts';
import type { ServerTime } from '../sync/server-time.ts';
import type { ServerApi, TokenAnswer } from '../types.ts';
import type { Wish } from './issuer.ts';

export type IssuedWit = TokenAnswer & { readonly privateJwk: Secret };

export type Tokens = {
  readonly jwt: (wish: Wish, audience: readonly string[]) => Promise<TokenAnswer | Refusal>;
  readonly wit: (wish: Wish) => Promise<IssuedWit | Refusal>;
  /** Forgets the tokens of an entry. */
  readonly forget: (entryId: string) => void;
};

type Kept = { readonly answer: Promise<TokenAnswer | Refusal>; reuseUntilMs: number };

const maxKept = 4096;

/** Creates the tokens of this node over one server. */
export const createTokens = (
  api: Pick<ServerApi, 'issueJwt' | 'issueWit'>,
  time: ServerTime,
): Tokens => {
  const kept = new Map<string, Kept>();
  const makeRoom = (): void => {
    for (const key of kept.keys()) {
      if (kept.size < maxKept) return;
      kept.delete(key);
    }
  };
  const fetch = (key: string, ask: Promise<TokenAnswer | Refusal>): Kept => {
    // While it is on its way everybody waits for the same one.
    const entry: Kept = { answer: ask, reuseUntilMs: Infinity };
    void ask.then((answer) => {
      if (isRefusal(answer)) {
        if (kept.get(key) === entry) kept.delete(key);
      } else entry.reuseUntilMs = (time.nowMs() + answer.expiresAtMs) / 2;
    });
    return entry;
  };
  return {
    jwt: (wish, audience) => {
      const sorted = [...new Set(audience)].sort();
      const key = JSON.stringify([wish.entryId, wish.instance ?? '', sorted]);
      const known = kept.get(key);
      if (known !== undefined && time.nowMs() < known.reuseUntilMs) return known.answer;
      makeRoom();
      const fresh = fetch(key, api.issueJwt({ ...wish, audience }));
      kept.set(key, fresh);
      return fresh.answer;
    },
    wit: async (wish) => {
      const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const publicJwk = { ...exportPublicJwk(publicKey), alg: 'ES256' };
      const answer = await api.issueWit({ ...wish, publicJwk });
      if (isRefusal(answer)) return answer;
      const privateJwk = { ...privateKey.export({ format: 'jwk' }), alg: 'ES256' };
      return { ...answer, privateJwk: new Secret(JSON.stringify(privateJwk)) };
    },
    forget: (entryId) => {
      const start = `[${JSON.stringify(entryId)},`;
      for (const key of kept.keys()) if (key.startsWith(start)) kept.delete(key);
    },
  };
};
