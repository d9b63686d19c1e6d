/** Why a certificate was revoked (RFC 5280 section 5.3.1), by name and by number. */

const reasons = Object.freeze({
  unspecified: 0,
  keyCompromise: 1,
  caCompromise: 2,
  affiliationChanged: 3,
  superseded: 4,
  cessationOfOperation: 5,
  certificateHold: 6,
  removeFromCrl: 8,
  privilegeWithdrawn: 9,
  aaCompromise: 10,
});

export type RevocationReason = keyof typeof reasons;

const names: ReadonlyMap<number, RevocationReason> = new Map(
  (Object.keys(reasons) as RevocationReason[]).map((name) => [reasons[name], name]),
);

/** True for exactly the ten names of RFC 5280 in our spelling. */
export const isRevocationReason = (name: unknown): name is RevocationReason =>
  typeof name === 'string' && Object.hasOwn(reasons, name);

/** The number that stands in a list. */
export const reasonNumber = (reason: RevocationReason): number => reasons[reason];

/** The name of a number; undefined for 7 and what else the standard does not know. */
export const reasonName = (number: number): RevocationReason | undefined => names.get(number);
