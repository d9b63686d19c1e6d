/**
 * What is revoked, in memory: single credentials, and everything of a SPIFFE ID issued before a
 * moment. Only time removes anything. Whether the knowledge is new enough is judged elsewhere.
 */
import type { SpiffeId } from '../../../kernel/ids.ts';

export type RevokedCredential = {
  readonly credentialId: string;
  readonly revokedAtMs: number;
  readonly forgetAfterMs: number;
  readonly issuer?: string;
  readonly reason?: string;
};

/** `subject` is a SPIFFE ID, or one and `/*` for everything one segment below it. */
export type SubjectRule = {
  readonly subject: string;
  /** What was issued before this is refused; whole seconds, as certificates count. */
  readonly issuedUntilMs: number;
  readonly forgetAfterMs: number;
};

export type Revocable = {
  readonly credentialId: string;
  readonly spiffeId: SpiffeId;
  /** Absent when the credential does not say; then a rule about its SPIFFE ID refuses it. */
  readonly issuedAtMs?: number;
};

/** The rule that covers this SPIFFE ID as an instance of a group. */
export const belowRuleOf = (spiffeId: SpiffeId): string =>
  `${spiffeId.slice(0, spiffeId.lastIndexOf('/'))}/*`;

/** A rule as the subject of a change, for replicas. */
export const formatRule = ({ subject, issuedUntilMs, forgetAfterMs }: SubjectRule): string =>
  `${issuedUntilMs} ${forgetAfterMs} ${subject}`;

export const parseRule = (text: string): SubjectRule => {
  const [until = '', forget = '', subject = ''] = text.split(' ');
  return { subject, issuedUntilMs: Number(until), forgetAfterMs: Number(forget) };
};

export class RevocationKnowledge {
  readonly #credentials = new Map<string, RevokedCredential>();
  readonly #subjects = new Map<string, SubjectRule>();

  get size(): number {
    return this.#credentials.size;
  }

  add(credential: RevokedCredential): void {
    const known = this.#credentials.get(credential.credentialId);
    if (known?.reason === undefined || credential.reason !== undefined)
      this.#credentials.set(credential.credentialId, credential);
  }

  addRule(rule: SubjectRule): void {
    const known = this.#subjects.get(rule.subject);
    if (known === undefined || known.issuedUntilMs < rule.issuedUntilMs)
      this.#subjects.set(rule.subject, rule);
  }

  isListed(credentialId: string): boolean {
    return this.#credentials.has(credentialId);
  }

  isRevoked({ credentialId, spiffeId, issuedAtMs = 0 }: Revocable): boolean {
    if (this.#credentials.has(credentialId)) return true;
    if (this.#subjects.size === 0) return false;
    const covers = (subject: string): boolean =>
      issuedAtMs < (this.#subjects.get(subject)?.issuedUntilMs ?? 0);
    return covers(spiffeId) || covers(belowRuleOf(spiffeId));
  }

  forget(nowMs: number): void {
    for (const [id, { forgetAfterMs }] of this.#credentials)
      if (forgetAfterMs <= nowMs) this.#credentials.delete(id);
    for (const [subject, { forgetAfterMs }] of this.#subjects)
      if (forgetAfterMs <= nowMs) this.#subjects.delete(subject);
  }

  credentials(): IterableIterator<RevokedCredential> {
    return this.#credentials.values();
  }
}

/** True when the id is inside what a rule names. */
export const isCoveredBy = (
  spiffeId: SpiffeId,
  { subject }: Pick<SubjectRule, 'subject'>,
): boolean => subject === spiffeId || (subject.endsWith('/*') && belowRuleOf(spiffeId) === subject);
