/** Evaluating one question or a batch of them, and recording each. */
import type { z } from 'zod';
import { type Access, type AccessRequest, decisionAsked } from '../../domains/access/index.ts';
import type { VerifiedIdentity } from '../../domains/identity/index.ts';
import type { Ledger } from '../../domains/ledger/index.ts';
import type { Clock } from '../../kernel/effects.ts';
import { type Refusal, refuse } from '../../kernel/errors.ts';
import { authzenErrors } from './errors.ts';
import {
  type Evaluation,
  type EvaluationAnswer,
  type EvaluationAnswers,
  type Evaluations,
  evaluationSchema,
  type Semantic,
} from './schemas.ts';
import type { MetadataKeys } from './metadata.ts';
import { announcedBy, withAnnounced } from './obligations.ts';
import { toAccessRequest, type TypeNames } from './to-access-request.ts';
import { brokenEntry, toAnswer } from './to-answer.ts';

export type AuthzenDeps = {
  readonly access: Pick<Access, 'decide' | 'search'>;
  readonly ledger: Pick<Ledger, 'record'>;
  readonly clock: Clock;
  /** AuthZEN types that are named differently from entity types, for example `{identity: 'User'}`. */
  readonly types?: TypeNames;
  /** How this decision point is reached from outside, without a final slash; else the Host header. */
  readonly publicUrl?: string;
  /** Signs the metadata, which needs a public URL; absent: it is not signed. */
  readonly keys?: MetadataKeys;
};

/** The enforcement point that asks. */
export type Asker = { readonly identity: VerifiedIdentity; readonly requestId: string };

const record = (
  { ledger, clock }: AuthzenDeps,
  { identity, requestId }: Asker,
  asked: { readonly request: AccessRequest; readonly decision: ReturnType<Access['decide']> },
): void => {
  const { principal: asker, tenant } = identity;
  const timeMs = clock.nowMs();
  ledger.record(decisionAsked({ ...asked, timeMs, asker, tenant, requestId, service: 'authzen' }));
};

/** One question (section 6). */
export const evaluate = (
  deps: AuthzenDeps,
  asker: Asker,
  evaluation: Evaluation,
): EvaluationAnswer => {
  const { subject, context } = evaluation;
  const asked = { ...evaluation, context: withAnnounced(context) };
  const request = toAccessRequest(asked, deps.types ?? {});
  const decision = deps.access.decide(request);
  record(deps, asker, { request, decision });
  return toAnswer(decision, { subject, supported: announcedBy(context) });
};

const problemOf = (error: z.ZodError): string => {
  const [issue] = error.issues;
  const path = issue?.path.map(String).join('.') ?? '';
  return `${path === '' ? 'evaluation' : path}: ${issue?.message ?? 'malformed'}`;
};

/** A key of an entry replaces the default as a whole (section 7.1.1). */
const withDefaults = (batch: Evaluations, entry: unknown): unknown => {
  if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) return entry;
  const { subject, action, resource, context } = batch;
  return { subject, action, resource, context, ...entry };
};

const evaluateEntry = (deps: AuthzenDeps, asker: Asker, entry: unknown): EvaluationAnswer => {
  const parsed = evaluationSchema.safeParse(entry);
  return parsed.success ? evaluate(deps, asker, parsed.data) : brokenEntry(problemOf(parsed.error));
};

/** True when the answer is the last one wanted. */
const isLast = (semantic: Semantic, { decision }: EvaluationAnswer): boolean =>
  semantic === 'deny_on_first_deny' ? !decision : semantic === 'permit_on_first_permit' && decision;

/** A batch (section 7); without entries it is one question. */
export const evaluateAll = (
  deps: AuthzenDeps,
  asker: Asker,
  batch: Evaluations,
): EvaluationAnswers | Refusal => {
  const { evaluations = [], options } = batch;
  if (evaluations.length === 0) {
    const parsed = evaluationSchema.safeParse(batch);
    if (parsed.success) return evaluate(deps, asker, parsed.data);
    return refuse(authzenErrors.E_AUTHZEN_REQUEST, problemOf(parsed.error));
  }
  const semantic = options?.evaluations_semantic ?? 'execute_all';
  const answers: EvaluationAnswer[] = [];
  for (const entry of evaluations) {
    const answer = evaluateEntry(deps, asker, withDefaults(batch, entry));
    answers.push(answer);
    if (isLast(semantic, answer)) break;
  }
  return { evaluations: answers };
};
