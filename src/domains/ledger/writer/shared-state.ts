/** Size and state of the log in shared memory, so that every thread sees them without a message. */

const sizeCell = 0;
const stateCell = 1;

/** Crosses threads by structured clone; the memory behind it is the same everywhere. */
export type SharedState = { readonly cells: BigInt64Array<SharedArrayBuffer> };

export const createSharedState = (): SharedState => ({
  cells: new BigInt64Array(new SharedArrayBuffer(16)),
});

/** Number of acknowledged entries. */
export const readSize = ({ cells }: SharedState): number => Number(Atomics.load(cells, sizeCell));

export const writeSize = ({ cells }: SharedState, size: number): void => {
  Atomics.store(cells, sizeCell, BigInt(size));
};

export const isRefusing = ({ cells }: SharedState): boolean =>
  Atomics.load(cells, stateCell) !== 0n;

export const writeRefusing = ({ cells }: SharedState, refusing: boolean): void => {
  Atomics.store(cells, stateCell, refusing ? 1n : 0n);
};
