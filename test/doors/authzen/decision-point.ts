/** A decision point over HTTP (without a socket) with a world, policies and a ledger to look into. */
import {
  createMemoryAccess,
  type Entity,
  type PolicySource,
} from '../../../src/domains/access/index.ts';
import type { VerifiedIdentity } from '../../../src/domains/identity/index.ts';
import { createMemoryLedger } from '../../../src/domains/ledger/index.ts';
import { type AuthzenDeps, registerAuthzen } from '../../../src/doors/authzen/index.ts';
import { fakeClock, systemRandom } from '../../../src/kernel/effects.ts';
import { kernelErrors, refuse } from '../../../src/kernel/errors.ts';
import type { PrincipalId, TenantId } from '../../../src/kernel/ids.ts';
import { createHttpApp } from '../../../src/platform/http/index.ts';
import { createMemoryLog } from '../../../src/platform/log/index.ts';
import { createMetrics } from '../../../src/platform/metrics/index.ts';

export type World = {
  readonly policies: string;
  readonly schema: string;
  readonly entities: readonly Entity[];
} & Pick<AuthzenDeps, 'types' | 'publicUrl' | 'keys'>;

const gate: VerifiedIdentity = {
  principal: { type: 'Service', id: 'gate' as PrincipalId },
  tenant: 'default' as TenantId,
  method: 'api-token',
  credentialId: 'token:1',
  authenticatedAtMs: 0,
  expiresAtMs: Number.MAX_SAFE_INTEGER,
};

/** `post('evaluation', body)` sends with a credential; `raw` sends whatever it is given. */
export const openDecisionPoint = async (world: World) => {
  const { policies, schema, entities, ...options } = world;
  const clock = fakeClock();
  const ledger = createMemoryLedger(clock);
  const files: readonly PolicySource[] = [{ file: 'world.cedar', text: policies }];
  const access = await createMemoryAccess({ files, schema, entities, ledger, clock });
  const app = await createHttpApp<{ readonly identity: VerifiedIdentity }>({
    log: createMemoryLog(),
    metrics: createMetrics(),
    clock,
    random: systemRandom,
    info: { title: 't', version: '1', description: 'd' },
    authorize: ({ headers }, { action }) =>
      headers.authorization === 'Bearer gate' && action === 'access:evaluate'
        ? { identity: gate }
        : refuse({ ...kernelErrors.E_MALFORMED, status: 401 }, 'who are you?'),
  });
  registerAuthzen(app, { access, ledger, clock, ...options });
  await app.ready();
  const headers = { authorization: 'Bearer gate', 'content-type': 'application/json' };
  const raw = (path: string, payload: string, more: Record<string, string> = {}) =>
    app.inject({
      method: 'POST',
      url: `/access/v1/${path}`,
      payload,
      headers: { ...headers, ...more },
    });
  const post = async (path: string, body: unknown): Promise<unknown> => {
    const answer = await raw(path, JSON.stringify(body));
    if (answer.statusCode !== 200) throw new Error(`${answer.statusCode}: ${answer.body}`);
    return answer.json();
  };
  return { app, access, ledger, clock, raw, post, close: () => app.close() };
};
