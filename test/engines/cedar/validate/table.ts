/** The form of the tables of policies. */
export type Table = {
  readonly schema: string;
  /** Bodies of `when` of a policy for `Action::"read"`. */
  readonly conditions: readonly string[];
  readonly policies: readonly string[];
  readonly templates: readonly string[];
};
