/**
 * The shape every OCSF 1.8.0 event shares. Attributes beyond the base are checked at run time by
 * `validateOcsf`; builders (builders/*.ts) make the ones Sallyport emits.
 */

/** Who made the event; OCSF object `product`. */
export type OcsfProduct = {
  readonly name: string;
  readonly vendor_name: string;
  readonly version: string;
};

/** OCSF object `metadata`, as far as the ledger looks at it. */
export type OcsfMetadata = {
  readonly version: string;
  readonly product: OcsfProduct;
  /** Every profile whose attributes the event uses. */
  readonly profiles?: readonly string[];
  /** Identity of this event. */
  readonly uid?: string;
  /** Shared by the events of one exchange: the decision and its outcome. */
  readonly correlation_uid?: string;
  /** What the event means to Sallyport, for example `gateway.decision`. */
  readonly event_code?: string;
  readonly tenant_uid?: string;
  readonly [attribute: string]: unknown;
};

/** One OCSF event: the attributes required of every class, and whatever the class adds. */
export type OcsfEvent = {
  readonly class_uid: number;
  readonly category_uid: number;
  readonly activity_id: number;
  /** class_uid × 100 + activity_id */
  readonly type_uid: number;
  readonly severity_id: number;
  /** Epoch milliseconds. */
  readonly time: number;
  readonly metadata: OcsfMetadata;
  /** Facts without a place in the schema. */
  readonly unmapped?: Readonly<Record<string, unknown>>;
  readonly [attribute: string]: unknown;
};

/** One thing wrong with an event; `path` is dotted with `[i]` for array items. */
export type OcsfProblem = { readonly path: string; readonly problem: string };
