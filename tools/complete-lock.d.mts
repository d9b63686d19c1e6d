/** Types of complete-lock.mjs, which stays plain JavaScript so that any Node can run it. */
export type LockEntry = {
  readonly dev?: boolean;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
};
export type Lock = { readonly packages: Readonly<Record<string, LockEntry>> };
export type MissingPackage = {
  readonly name: string;
  readonly version: string;
  readonly isDev: boolean;
  readonly wantedBy: string;
};
export type Platform = {
  readonly os: readonly string[];
  readonly cpu: readonly string[];
  readonly libc?: readonly string[];
};
export declare const platformOf: (name: string) => Platform | undefined;
export declare const missingOptional: (lock: Lock) => readonly MissingPackage[];
export declare const completeLock: (lock: Lock) => Lock;
