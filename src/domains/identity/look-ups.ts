/** Storage look-ups for authentication: joined when they ask the same, bounded in number. */
import { type Refusal, refuse } from '../../kernel/errors.ts';
import { identityErrors } from './errors.ts';

const maxPending = 512;

export type LookUps<T> = (key: string, ask: () => Promise<T | Refusal>) => Promise<T | Refusal>;

const unavailable = (what: string): Refusal => refuse(identityErrors.E_IDENTITY_UNAVAILABLE, what);

/** `onFailure` hears about storage that failed; the caller gets a refusal, never a rejection. */
export const createLookUps = <T>(onFailure: (error: unknown) => void): LookUps<T> => {
  const pending = new Map<string, Promise<T | Refusal>>();
  return (key, ask) => {
    const known = pending.get(key);
    if (known !== undefined) return known;
    if (pending.size >= maxPending)
      return Promise.resolve(unavailable('too many credentials are being looked up at once'));
    const asked = ask()
      .catch((error: unknown) => {
        onFailure(error);
        return unavailable('the storage of identities cannot be read');
      })
      .finally(() => pending.delete(key));
    pending.set(key, asked);
    return asked;
  };
};
