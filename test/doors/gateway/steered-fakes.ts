/** Identity, access and budgets that a test can steer, and that remember what they were asked. */
import type { AccessRequest, Decision, Entity } from '../../../src/domains/access/index.ts';
import type { Amounts, Reservation, ReserveRequest } from '../../../src/domains/budgets/index.ts';
import type { Actor, VerifiedIdentity } from '../../../src/domains/identity/index.ts';
import type { GatewayDeps } from '../../../src/doors/gateway/index.ts';
import { defineErrors, type Refusal, refuse } from '../../../src/kernel/errors.ts';
import type { PrincipalId, TenantId } from '../../../src/kernel/ids.ts';

export const tenant = 'default' as TenantId;
export const actor: Actor = { principal: { type: 'System', id: 'sallyport' }, tenant };

export const testErrors = defineErrors({
  E_TEST_TOKEN: { status: 401, exit: 'notAuthenticated', title: 'Bad token', hint: 'none' },
  E_BUDGET_EXCEEDED: { status: 429, exit: 'denied', title: 'Budget used up', hint: 'wait' },
});

export const identityOf = (id: string): VerifiedIdentity => ({
  principal: { type: 'Service', id: id as PrincipalId },
  tenant,
  method: 'api-token',
  credentialId: `token:${id}`,
  authenticatedAtMs: Date.now() - 1_000,
  expiresAtMs: Date.now() + 3_600_000,
});

/** Tokens are `tok-<principal>`; `slow-` ones are answered later; all others are refused. */
export const authenticateBearer: GatewayDeps['identity']['authenticateBearer'] = (token) => {
  if (token.startsWith('tok-')) return identityOf(token.slice('tok-'.length));
  if (token.startsWith('slow-')) return Promise.resolve(identityOf(token.slice('slow-'.length)));
  return refuse(testErrors.E_TEST_TOKEN, 'unknown token');
};

const allow: Decision = {
  decision: 'allow',
  reasons: [{ policyId: 'test-allows' }],
  obligations: [],
  errors: [],
};
export const allowWith = (...obligations: Decision['obligations']): Decision => ({
  ...allow,
  obligations,
});
export const deny: Decision = { decision: 'deny', reasons: [], obligations: [], errors: [] };

export type FakeAccess = GatewayDeps['access'] & {
  readonly asked: AccessRequest[];
  readonly entities: Map<string, Entity>;
  answer: (request: AccessRequest) => Decision;
  readonly putEntity: (entity: Entity) => Promise<void | Refusal>;
  readonly removeEntity: (uid: Entity['uid']) => Promise<boolean>;
};

export const createFakeAccess = (): FakeAccess => {
  const entities = new Map<string, Entity>();
  const keyOf = ({ type, id }: Entity['uid']): string => `${type}::${id}`;
  const access: FakeAccess = {
    asked: [],
    entities,
    answer: () => allow,
    decide: (request) => {
      access.asked.push(request);
      return access.answer(request);
    },
    getEntity: (uid) => entities.get(keyOf(uid)),
    putEntity: async (entity) => void entities.set(keyOf(entity.uid), entity),
    removeEntity: async (uid) => entities.delete(keyOf(uid)),
    revision: () => entities.size,
  };
  return access;
};

/** A hard budget of tokens: reserves, settles, returns, and remembers every step. */
export type FakeBudgets = GatewayDeps['budgets'] & {
  limitTokens: number;
  charged: number;
  requests: number;
  highest: number;
  readonly steps: string[];
  readonly asked: ReserveRequest[];
  isSlow: boolean;
};

export const createFakeBudgets = (): FakeBudgets => {
  const hold = (amounts: Amounts): Reservation => {
    let isOpen = true;
    const change = (step: string, tokens: number, requests: number): void => {
      budgets.steps.push(step);
      if (!isOpen) return;
      isOpen = false;
      budgets.charged += tokens - amounts.tokens;
      budgets.requests += requests - 1;
    };
    return {
      amounts,
      dispatched: () => void budgets.steps.push('dispatched'),
      settle: (actual) => change('settle', actual.tokens ?? amounts.tokens, 1),
      cancel: () => change('cancel', 0, 0),
    };
  };
  const take = (request: ReserveRequest): Reservation | Refusal => {
    budgets.asked.push(request);
    const { tokens } = request.amounts;
    if (budgets.charged + tokens > budgets.limitTokens)
      return refuse(testErrors.E_BUDGET_EXCEEDED, 'tokens per day', { retryAfterSeconds: 7 });
    budgets.charged += tokens;
    budgets.requests += 1;
    budgets.highest = Math.max(budgets.highest, budgets.charged);
    budgets.steps.push('reserve');
    return hold(request.amounts);
  };
  const budgets: FakeBudgets = {
    limitTokens: Number.MAX_SAFE_INTEGER,
    charged: 0,
    requests: 0,
    highest: 0,
    steps: [],
    asked: [],
    isSlow: false,
    reserve: (request) =>
      budgets.isSlow ? Promise.resolve().then(() => take(request)) : take(request),
  };
  return budgets;
};
