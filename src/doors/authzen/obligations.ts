/**
 * Obligations profile: what policies oblige to, in the types the profile names. One table; what is not in
 * it, or cannot be said in a type's words, is `custom`, which an enforcement point must know to permit.
 */
import type { Decision, Obligation } from '../../domains/access/index.ts';

type Facts = Readonly<Record<string, unknown>>;
/** What properties are made of: the argument of the annotation, who is decided about, the decision. */
type Source = {
  readonly argument: string | undefined;
  readonly subject: Subject;
  readonly decision: Decision;
};
type Kind = {
  readonly type: string;
  /** Undefined when the argument does not fit the type. */
  readonly properties: (source: Source) => Facts | undefined;
};
export type Subject = { readonly type: string; readonly id: string };

/** Two parts around the first sign; the second may be missing, neither may be empty. */
const split = (text: string, sign: string): readonly [string, string?] | undefined => {
  const at = text.indexOf(sign);
  if (at < 0) return text === '' ? undefined : [text];
  const parts = [text.slice(0, at), text.slice(at + 1)] as const;
  return parts.includes('') ? undefined : parts;
};

/** `aal2` or `aal2@otp/hwk`: class, then methods of authentication. */
const stepUp = ({ argument = '' }: Source): Facts | undefined => {
  const parts = split(argument, '@');
  if (parts === undefined) return undefined;
  const [acr, methods] = parts;
  const amr = methods?.split('/');
  if (amr === undefined) return { acr_value: acr };
  return amr.includes('') ? undefined : { acr_value: acr, amr_values: amr };
};

/** `soc@example.com` or `soc@example.com/break-glass`: address, then topic. */
const notification = ({ argument = '', decision }: Source): Facts | undefined => {
  const parts = split(argument, '/');
  if (parts === undefined) return undefined;
  const [to, topic] = parts;
  const policies = decision.reasons.map(({ policyId }) => policyId).join(', ');
  const body = `Access was ${decision.decision === 'allow' ? 'permitted' : 'denied'} by ${policies}.`;
  return { to, body, ...(topic === undefined ? {} : { topic }) };
};

/** Of whoever was decided about; it takes no argument. */
const sessionTermination = ({ argument, subject: { type, id } }: Source): Facts | undefined =>
  argument === undefined ? { subject: { type, id } } : undefined;

/** Name in the annotation → type of the profile. */
const kinds: ReadonlyMap<string, Kind> = new Map([
  ['step_up', { type: 'step-up', properties: stepUp }],
  ['notification', { type: 'notification', properties: notification }],
  ['session_termination', { type: 'session_termination', properties: sessionTermination }],
]);
const custom = 'custom';

/** Types that answers may hold, as the metadata announces them. */
export const supportedObligations: readonly string[] = [
  ...[...kinds.values()].map(({ type }) => type),
  custom,
];

export type AnsweredObligation = {
  readonly id: string;
  readonly type: string;
  readonly properties: Facts;
};

const toObligation = (
  { name, argument }: Obligation,
  about: Pick<Source, 'subject' | 'decision'>,
): AnsweredObligation => {
  const id = argument === undefined ? name : `${name}:${argument}`;
  const kind = kinds.get(name);
  const properties = kind?.properties({ argument, ...about });
  if (kind !== undefined && properties !== undefined) return { id, type: kind.type, properties };
  return { id, type: custom, properties: argument === undefined ? { name } : { name, argument } };
};

/** The obligations of a decision about a subject; of a denial as of a permit. */
export const obligationsOf = (
  decision: Decision,
  subject: Subject,
): readonly AnsweredObligation[] =>
  decision.obligations.map((obligation) => toObligation(obligation, { decision, subject }));

const requestMember = 'supported_obligations';

/**
 * The types the enforcement point says it can carry out, of those announced; undefined when it says
 * nothing that can be read.
 */
export const announcedBy = (context: Facts | undefined): readonly string[] | undefined => {
  const types = context?.[requestMember];
  if (!Array.isArray(types)) return undefined;
  return supportedObligations.filter((type) => (types as readonly unknown[]).includes(type));
};

/** The first obligation that the enforcement point cannot carry out, when it says what it can. */
export const lackingOf = (
  obligations: readonly AnsweredObligation[],
  supported: readonly string[] | undefined,
): AnsweredObligation | undefined =>
  supported === undefined ? undefined : obligations.find(({ type }) => !supported.includes(type));

/** The context as policies see it: with the types of the list that were announced. */
export const withAnnounced = (context: Facts | undefined): Facts | undefined => {
  if (context === undefined || !Object.hasOwn(context, requestMember)) return context;
  const { [requestMember]: _sent, ...rest } = context;
  const types = announcedBy(context);
  return types === undefined ? rest : { ...rest, [requestMember]: types };
};
