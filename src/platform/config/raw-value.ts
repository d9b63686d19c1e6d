/** Values as a source gave them, before they are checked against the schema. */

export type ConfigSource = 'default' | 'file' | 'environment' | 'flag';

/** One value from one source, with the place to name when it is wrong. */
export type RawValue = {
  readonly source: Exclude<ConfigSource, 'default'>;
  /** Where exactly: `sallyport.yaml:3:9`, `SALLYPORT_SERVER_PORT`, `--port`. */
  readonly place: string;
  readonly value: unknown;
};

/** One thing wrong with the configuration. */
export type ConfigProblem = {
  readonly key: string;
  readonly place: string;
  readonly message: string;
};

/** What a source yields: values by key, and what was wrong with it. */
export type SourceReading = {
  readonly values: ReadonlyMap<string, RawValue>;
  readonly problems: readonly ConfigProblem[];
  readonly warnings: readonly string[];
};
