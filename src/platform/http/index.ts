/** HTTP for the control plane: guarded routes, zod schemas, OpenAPI 3.1, problem documents. */
export { createHttpApp } from './app.ts';
export type { HttpApp, HttpAppOptions, InjectedAnswer } from './app.ts';
export { httpErrors } from './errors.ts';
export { defaultHttpLimits, serverOptions } from './limits.ts';
export type { HttpLimits } from './limits.ts';
export { listenHttp } from './listen.ts';
export type { Listener, ListenOptions } from './listen.ts';
export type { ApiInfo } from './open-api.ts';
export { certificateChain } from './peer-chain.ts';
export { isPublic, rawResponse, streamResponse } from './route.ts';
export type {
  Answer,
  Authorize,
  Guard,
  HandlerInput,
  HttpMethod,
  HttpRequest,
  PathParams,
  PublicGuard,
  RawResponse,
  ResolvedGuard,
  ResourceRef,
  Route,
  RouteListing,
  StreamAnswer,
  StreamResponse,
  StreamSink,
} from './route.ts';
