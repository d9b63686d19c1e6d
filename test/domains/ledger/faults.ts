/** File operations of which any can be told to fail, as a bad disk would. */
import {
  type FileOperations,
  nodeFileOperations,
} from '../../../src/domains/ledger/writer/file-operations.ts';

export type FaultyFiles = {
  readonly files: FileOperations;
  /** From now on the operation fails with the code, for paths or at all; undefined heals it. */
  readonly fail: (operation: keyof FileOperations, code: string | undefined) => void;
  /** How often an operation was tried. */
  readonly calls: (operation: keyof FileOperations) => number;
};

export const systemError = (code: string): Error => Object.assign(new Error(code), { code });

export const createFaultyFiles = (): FaultyFiles => {
  const failing = new Map<string, string>();
  const counts = new Map<string, number>();
  const wrapped = Object.fromEntries(
    Object.entries(nodeFileOperations).map(([name, operation]) => [
      name,
      (...given: never[]): unknown => {
        counts.set(name, (counts.get(name) ?? 0) + 1);
        const code = failing.get(name);
        if (code !== undefined) throw systemError(code);
        return (operation as (...given: never[]) => unknown)(...given);
      },
    ]),
  ) as unknown as FileOperations;
  return {
    files: wrapped,
    fail: (operation, code) => {
      if (code === undefined) failing.delete(operation);
      else failing.set(operation, code);
    },
    calls: (operation) => counts.get(operation) ?? 0,
  };
};
