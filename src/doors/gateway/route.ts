/**
 * The routes of the data plane. A route says which protocol speaks, what is asked of the policy and
 * where the request would go; finding it looks at method and path only.
 */

export type GatewayProtocol = 'openai' | 'v2';

/** `inference` runs the whole pipeline; the others are answered by the gateway itself. */
export type RouteKind =
  | 'inference'
  | 'list-models'
  | 'show-model'
  | 'model-metadata'
  | 'model-ready'
  | 'server-metadata'
  | 'health'
  | 'wrong-method'
  | 'unknown';

export type OpenAiOperation = 'chat' | 'complete' | 'embed' | 'respond';

export type Route = {
  readonly kind: RouteKind;
  readonly protocol: GatewayProtocol;
  /** Action id of the policy question; also the operation named in the ledger. */
  readonly action: string;
  /** Which body is expected, for inference. */
  readonly operation?: OpenAiOperation | 'infer';
  /** Path at the upstream below its base path; for V2 made per request. */
  readonly upstreamPath: string;
  readonly methods: string;
};

/** A route and the parts of the path that vary. */
export type RouteMatch = {
  readonly route: Route;
  readonly model: string | undefined;
  readonly version: string | undefined;
};

const inference = (operation: OpenAiOperation, upstreamPath: string): Route => ({
  kind: 'inference',
  protocol: 'openai',
  action: operation,
  operation,
  upstreamPath,
  methods: 'POST',
});

const local = (kind: RouteKind, protocol: GatewayProtocol, action: string): Route => ({
  kind,
  protocol,
  action,
  upstreamPath: '',
  methods: 'GET, HEAD',
});

/** Every route there is; a test walks it. */
export const routes = {
  chat: inference('chat', '/v1/chat/completions'),
  complete: inference('complete', '/v1/completions'),
  embed: inference('embed', '/v1/embeddings'),
  respond: inference('respond', '/v1/responses'),
  infer: {
    kind: 'inference',
    protocol: 'v2',
    action: 'infer',
    operation: 'infer',
    upstreamPath: '/v2/models/',
    methods: 'POST',
  } satisfies Route as Route,
  listModels: local('list-models', 'openai', 'list_models'),
  showModel: local('show-model', 'openai', 'list_models'),
  modelMetadata: local('model-metadata', 'v2', 'read_metadata'),
  modelReady: local('model-ready', 'v2', 'read_metadata'),
  serverMetadata: local('server-metadata', 'v2', 'read_metadata'),
  live: local('health', 'v2', 'health'),
  ready: local('health', 'v2', 'health'),
  wrongMethodOpenAi: local('wrong-method', 'openai', 'none'),
  wrongMethodV2: local('wrong-method', 'v2', 'none'),
  unknownOpenAi: local('unknown', 'openai', 'none'),
  unknownV2: local('unknown', 'v2', 'none'),
} as const;

const whole = (route: Route): RouteMatch => ({ route, model: undefined, version: undefined });

const fixed: ReadonlyMap<string, RouteMatch> = new Map([
  ['/v1/chat/completions', whole(routes.chat)],
  ['/v1/completions', whole(routes.complete)],
  ['/v1/embeddings', whole(routes.embed)],
  ['/v1/responses', whole(routes.respond)],
  ['/v1/models', whole(routes.listModels)],
  ['/v2', whole(routes.serverMetadata)],
  ['/v2/health/live', whole(routes.live)],
  ['/v2/health/ready', whole(routes.ready)],
]);

const unknownOpenAi = whole(routes.unknownOpenAi);
const unknownV2 = whole(routes.unknownV2);

const modelPrefixV1 = '/v1/models/';
const modelPrefixV2 = '/v2/models/';
const versionPattern = /^[A-Za-z0-9._-]{1,64}$/;

const findV2 = (rest: string): RouteMatch => {
  const parts = rest.split('/');
  const [model, second, version] = parts;
  const hasVersion = second === 'versions';
  const tail = parts.slice(hasVersion ? 3 : 1);
  if (model === undefined || model === '' || tail.length > 1) return unknownV2;
  if (hasVersion && (version === undefined || !versionPattern.test(version))) return unknownV2;
  const place = { model, version: hasVersion ? version : undefined };
  if (tail.length === 0) return { route: routes.modelMetadata, ...place };
  if (tail[0] === 'infer') return { route: routes.infer, ...place };
  return tail[0] === 'ready' ? { route: routes.modelReady, ...place } : unknownV2;
};

const findPath = (path: string): RouteMatch => {
  const known = fixed.get(path);
  if (known !== undefined) return known;
  if (path.startsWith(modelPrefixV2)) return findV2(path.slice(modelPrefixV2.length));
  if (path.startsWith(modelPrefixV1) && path.indexOf('/', modelPrefixV1.length) < 0) {
    const model = path.slice(modelPrefixV1.length);
    if (model !== '') return { route: routes.showModel, model, version: undefined };
  }
  return path.startsWith('/v2') ? unknownV2 : unknownOpenAi;
};

const allows = (route: Route, method: string): boolean =>
  route.methods === 'POST' ? method === 'POST' : method === 'GET' || method === 'HEAD';

/** Finds the route; never fails: what is not there is a route of kind `unknown`. */
export const findRoute = (method: string, path: string): RouteMatch => {
  const match = findPath(path);
  if (match.route.kind === 'unknown' || allows(match.route, method)) return match;
  const wrong = match.route.protocol === 'v2' ? routes.wrongMethodV2 : routes.wrongMethodOpenAi;
  return whole({ ...wrong, methods: match.route.methods });
};

/** True for paths the gateway answers for, on a port it shares with the control plane. */
export const isGatewayPath = (url: string): boolean =>
  url.startsWith('/v1/') ||
  url.startsWith('/v2/') ||
  url === '/v2' ||
  url === '/v1' ||
  url.startsWith('/v2?') ||
  url.startsWith('/v1?');
