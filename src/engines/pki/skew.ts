/** How far the clocks of issuer and verifier may disagree. */

/** `beforeMs` softens the beginning of a validity, `afterMs` its end. */
export type ClockSkew = { readonly beforeMs: number; readonly afterMs: number };

/** Half a minute early is forgiven; late is late. */
export const defaultClockSkew: ClockSkew = Object.freeze({ beforeMs: 30_000, afterMs: 0 });
