/**
 * From a pocket to a change of its lease and back. What is on its way to the store is out of the
 * pocket meanwhile, so it cannot be spent; every outcome, the unknown one included, errs on charged.
 */
import { SallyportError } from '../../kernel/errors.ts';
import type { LeaseChange, LeaseGrant, LeaseStore } from './lease-store.ts';
import type { Pocket } from './pocket.ts';

/** How long "there is no more" is believed without asking again. */
const exhaustionMs = 100;

/** A deadlock or a busy database certainly changed nothing: worth one more try. */
const isCertainlyUndone = (failure: unknown): boolean =>
  failure instanceof SallyportError && failure.code === 'E_STORAGE_CONTENDED';

export const exchangeTwice = async (
  store: LeaseStore,
  changes: readonly LeaseChange[],
): Promise<readonly LeaseGrant[]> => {
  try {
    return await store.exchange(changes);
  } catch (failure) {
    if (!isCertainlyUndone(failure)) throw failure;
    return store.exchange(changes);
  }
};

/** Takes debts and what goes back out of the pocket; `applyGrant` or `undo` must follow. */
export const changeOf = (pocket: Pocket, demand: number, nowMs: number): LeaseChange => {
  const debt = Math.max(0, -pocket.available);
  pocket.available += debt;
  const want = Math.max(0, demand - pocket.available);
  const bonus = want > 0 ? pocket.usual(nowMs) : pocket.reserveWanted(nowMs);
  const mayReturn = demand === 0 && bonus === 0;
  const giveBack = mayReturn ? pocket.surplus(nowMs) : 0;
  pocket.available -= giveBack;
  // What was spent is told along with other business: alone it is not worth a write.
  const isTelling = want + bonus + giveBack + debt > 0 || pocket.isDetached;
  const spent = isTelling ? pocket.spentUntold : 0;
  pocket.spentUntold -= spent;
  return { pocket, want, bonus, giveBack, debt, spent };
};

export const isChange = ({ want, bonus, giveBack, debt, spent }: LeaseChange): boolean =>
  want + bonus + giveBack + debt + spent > 0;

/** Puts the grant into the pocket. True when the limit does not leave what is wanted. */
export const applyGrant = (
  change: LeaseChange,
  grant: LeaseGrant | undefined,
  nowMs: number,
): boolean => {
  const { pocket, want, bonus } = change;
  const granted = grant?.granted ?? 0;
  pocket.available += granted;
  if (granted < want + bonus) pocket.restUntilMs = nowMs + exhaustionMs;
  if (grant?.isGone === true || want === 0) return false;
  const isShort = granted < want;
  if (isShort) pocket.noteExhaustion(nowMs + exhaustionMs);
  else pocket.forgetExhaustion();
  return isShort;
};

/**
 * After a failure nobody knows whether the store changed. Debts are tried again (at worst charged
 * twice), returns are not unless the store certainly refused (at worst charged for nothing).
 */
export const undo = ({ pocket, debt, giveBack, spent }: LeaseChange, failure: unknown): void => {
  pocket.available += isCertainlyUndone(failure) ? giveBack - debt : -debt;
  pocket.spentUntold += spent;
};
