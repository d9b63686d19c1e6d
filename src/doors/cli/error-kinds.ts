/** The error tables of all rooms, loaded only for `explain`. A test finds a room that is missing. */
import { type ErrorKind, kernelErrors } from '../../kernel/errors.ts';
import { cliErrors } from './errors.ts';

/** Every code of the program. */
export const loadErrorKinds = async (): Promise<readonly ErrorKind[]> => {
  const rooms: readonly object[] = await Promise.all([
    import('../../platform/cache/index.ts'),
    import('../../platform/config/index.ts'),
    import('../../platform/files/index.ts'),
    import('../../platform/http/index.ts'),
    import('../../platform/keys/index.ts'),
    import('../../platform/metrics/index.ts'),
    import('../../platform/peer-credentials/index.ts'),
    import('../../platform/storage/index.ts'),
    import('../../engines/attestation/index.ts'),
    import('../../engines/authorization/index.ts'),
    import('../../engines/cedar/index.ts'),
    import('../../engines/coaz/index.ts'),
    import('../../engines/merkle/index.ts'),
    import('../../engines/pki/index.ts'),
    import('../../domains/access/index.ts'),
    import('../../domains/budgets/index.ts'),
    import('../../domains/endpoints/index.ts'),
    import('../../domains/identity/index.ts'),
    import('../../domains/ledger/index.ts'),
    import('../agent/index.ts'),
    import('../api/index.ts'),
    import('../authzen/index.ts'),
    import('../gateway/index.ts'),
    import('../workload-api/index.ts'),
  ]);
  const tables = rooms.flatMap((room) => Object.values(room) as readonly unknown[]);
  return [kernelErrors, cliErrors, ...tables].flatMap(kindsOf);
};

const kindsOf = (table: unknown): readonly ErrorKind[] =>
  typeof table === 'object' && table !== null ? Object.values(table).filter(isKind) : [];

const isKind = (value: unknown): value is ErrorKind =>
  typeof value === 'object' &&
  value !== null &&
  typeof (value as Partial<ErrorKind>).code === 'string' &&
  typeof (value as Partial<ErrorKind>).exit === 'string';
