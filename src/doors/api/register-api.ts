/** All routes of the control plane, one file per noun. */
import type { RegisterRoutes } from './deps.ts';
import { registerAgents } from './routes/agents.ts';
import { registerBudgets } from './routes/budgets.ts';
import { registerContextKeys } from './routes/context-keys.ts';
import { registerDecisions } from './routes/decisions.ts';
import { registerEndpoints } from './routes/endpoints.ts';
import { registerEnrolment } from './routes/enrolment.ts';
import { registerEntries } from './routes/entries.ts';
import { registerFederation } from './routes/federation.ts';
import { registerIdentityAdmin } from './routes/identity-admin.ts';
import { registerJoinTokens } from './routes/join-tokens.ts';
import { registerLeastPrivilege } from './routes/least-privilege.ts';
import { registerLedger } from './routes/ledger.ts';
import { registerPolicies } from './routes/policies.ts';
import { registerPrincipals } from './routes/principals.ts';
import { registerSvids } from './routes/svids.ts';
import { registerSystem } from './routes/system.ts';
import { registerTokens } from './routes/tokens.ts';
import { registerWhoami } from './routes/whoami.ts';

/** Registers every route of the control plane on an application made with `createAuthorize`. */
export const registerApi: RegisterRoutes = (app, deps) => {
  const parts: readonly RegisterRoutes[] = [
    registerSystem,
    registerWhoami,
    registerEnrolment,
    registerPrincipals,
    registerTokens,
    registerSvids,
    registerJoinTokens,
    registerEntries,
    registerAgents,
    registerIdentityAdmin,
    registerFederation,
    registerEndpoints,
    registerBudgets,
    registerPolicies,
    registerLeastPrivilege,
    registerDecisions,
    registerLedger,
    registerContextKeys,
  ];
  for (const register of parts) register(app, deps);
};
