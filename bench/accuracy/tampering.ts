/**
 * The independent verifier finds every changed byte: all of a 32 KB log, 20,000 random ones of a
 * 1 MB log.
 */
import {
  buildLargeLog,
  buildSmallLog,
  type FlipOutcome,
  flipEveryByte,
  flipRandomBytes,
} from '../../test/domains/ledger/verify-flips.ts';
import { isShort, report } from '../harness/report.ts';

const bound = { of: 'value', atLeast: 1 } as const;

const reportShare = (what: string, { flips, undetected }: FlipOutcome): void => {
  const name = `tampering: found of ${flips.toLocaleString('en')} ${what}`;
  report({ name, value: (flips - undetected.length) / flips, unit: 'share', bound });
};

const step = isShort() ? 8 : 1;
const every = step === 1 ? 'bytes' : `bytes (every ${step}th)`;
reportShare(`${every} of a 32 KB log`, await flipEveryByte(buildSmallLog(), step));
const count = isShort() ? 1_000 : 20_000;
reportShare('random bytes of a 1 MB log', await flipRandomBytes(buildLargeLog(), { count }));
