/** One event of every builder, each with everything a builder can say. */
import {
  buildApiActivity,
  buildApplicationLifecycle,
  buildAuthentication,
  buildDetectionFinding,
  buildEntityChange,
  buildGatewayDecision,
  buildGatewayOutcome,
  buildSessionAuthorization,
  type OcsfEvent,
} from '../../../src/engines/ocsf/index.ts';

const timeMs = Date.UTC(2026, 10, 20);
const alice = { type: 'User', uid: 'u-1' };
const trainer = { type: 'Service', uid: 'trainer' };
const agent = { type: 'Agent', uid: 'a-1' };
const basics = {
  timeMs,
  uid: 'event-1',
  correlationUid: 'exchange-1',
  tenant: 'default',
  severity: 'low',
  message: 'what happened',
  status: { isSuccess: false, code: 'E_POLICY_DENIED', detail: 'no policy allows it' },
  unmapped: { revision: 7, obligations: ['audit:strict'] },
} as const;

const exchange = {
  ...basics,
  operation: 'chat',
  requestUid: 'request-1',
  actor: agent,
  session: { uid: 'credential-1', issuer: 'api-token' },
  source: { uid: 'peer-1' },
  destination: { serviceName: 'digits' },
  resources: [{ type: 'Endpoint', uid: 'digits' }],
  ai: {
    model: { name: 'digits', provider: 'local', uid: 'm-1', version: '1' },
    role: 'assistant',
    promptTokens: 10,
    completionTokens: 20,
    totalTokens: 30,
  },
  http: {
    method: 'POST',
    path: '/v1/chat/completions?user=secret',
    requestBytes: 1024,
    status: 200,
    responseBytes: 2048,
    latencyMs: 12.5,
  },
  durationMs: 12.5,
} as const;

/** Title → event; every one must be valid. */
export const samples: Readonly<Record<string, OcsfEvent>> = {
  'gateway decision': buildGatewayDecision({
    ...exchange,
    control: { decision: 'allow', policies: [{ uid: 'policy0', version: '3' }] },
  }),
  'gateway decision in shadow': buildGatewayDecision({
    ...exchange,
    control: { decision: 'deny', isEnforced: false, isAlert: true },
  }),
  'gateway outcome': buildGatewayOutcome(exchange),
  'anonymous call refused': buildApiActivity({
    timeMs,
    activity: 'read',
    operation: 'list_models',
    http: { method: 'BREW', path: '' },
    control: { decision: 'deny', disposition: 'rejected' },
  }),
  logon: buildAuthentication({
    ...basics,
    activity: 'logon',
    user: trainer,
    actor: trainer,
    protocol: 'JWT-SVID',
    service: 'gateway',
    logonType: 'service',
    isMfa: false,
    session: { uid: 's-1', issuer: 'spiffe://sallyport.local' },
    source: { uid: 'peer-1' },
    control: { decision: 'deny', disposition: 'unauthorized' },
  }),
  'openid logon': buildAuthentication({
    timeMs,
    activity: 'logon',
    user: alice,
    protocol: 'OpenID',
    service: 'console',
  }),
  'privileges assigned': buildSessionAuthorization({
    ...basics,
    user: alice,
    actor: alice,
    session: { uid: 's-1' },
    grant: { privileges: ['endpoint:create'] },
  }),
  'group assigned': buildSessionAuthorization({
    timeMs,
    user: alice,
    grant: { group: { uid: 'admins', type: 'Role' } },
  }),
  'policy updated': buildEntityChange({
    ...basics,
    activity: 'update',
    actor: alice,
    entity: { type: 'PolicySet', uid: 'default', version: '4', data: { digest: 'sha256:00' } },
    comment: 'tighter',
    control: { decision: 'allow' },
  }),
  'token created by the system': buildEntityChange({
    timeMs,
    activity: 'create',
    entity: { type: 'ApiToken', uid: 't-1' },
  }),
  'server start': buildApplicationLifecycle({ ...basics, activity: 'start', component: 'server' }),
  finding: buildDetectionFinding({
    timeMs,
    uid: 'event-2',
    severity: 'high',
    activity: 'create',
    finding: {
      uid: 'finding-1',
      title: 'Many denials',
      description: 'more than usual',
      analytic: { uid: 'rule-1', name: 'denials', type: 'rule' },
      relatedEventUids: ['ledger:1'],
    },
    findingStatus: 'inProgress',
    confidence: 'medium',
    isAlert: true,
    resources: [{ type: 'Endpoint', uid: 'digits' }],
    evidences: [{ count: 12 }],
  }),
};
