/** The seven calls of the SPIFFE Workload API (rules WL-01 to WL-22). */
import type { HandlerContext, ServiceImpl } from '@connectrpc/connect';
import type { JsonObject as ProtobufJson } from '@bufbuild/protobuf';
import type { Clock } from '../../../kernel/effects.ts';
import { isRefusal } from '../../../kernel/errors.ts';
import type { SpiffeWorkloadAPI, ValidateJWTSVIDRequest } from '../generated/workload_pb.ts';
import { entitled, latestStates, type StreamPace } from '../latest.ts';
import { jwtBundleFields, witBundleFields, x509BundleFields, x509SvidFields } from '../messages.ts';
import type { RpcLimits } from '../rpc/limits.ts';
import { invalid, toStatus } from '../status.ts';
import { jwtSvidFields, readJwtRequest, readWanted } from '../tokens.ts';
import type { WorkloadSession, WorkloadSource, WorkloadState } from '../types.ts';
import { awaitSession, workloadOf } from '../with-session.ts';
import { witSvidStream } from './wit-svids.ts';

export type WorkloadServiceOptions = {
  readonly source: WorkloadSource;
  readonly limits: RpcLimits;
  readonly clock: Clock;
  /** Without WIT both of its calls are UNIMPLEMENTED (WL-16). */
  readonly hasWit: boolean;
};

/** Longer tokens are refused before they are looked at. */
const maxTokenLength = 16_384;

/** Pushes only when a bundle or a revocation list is another one. */
const isSameTrust = (before: WorkloadState | undefined, now: WorkloadState): boolean =>
  before?.bundle === now.bundle && before.federated === now.federated && before.crls === now.crls;

/** Judges a token for the workload; everything wrong with it is INVALID_ARGUMENT (WL-15). */
const validate = (session: WorkloadSession, { audience, svid }: ValidateJWTSVIDRequest) => {
  entitled(session.current());
  const verdict = session.validateJwt({ audience, token: svid });
  if (!isRefusal(verdict))
    return { spiffeId: verdict.spiffeId, claims: verdict.claims as ProtobufJson };
  if (verdict.error.status >= 500) throw toStatus(verdict);
  throw invalid(verdict.detail);
};

type Opener = {
  readonly paceOf: (context: HandlerContext) => StreamPace;
  /** Runs a single answer on the caller's session. */
  readonly once: <T>(
    context: HandlerContext,
    answer: (session: WorkloadSession) => T | Promise<T>,
  ) => Promise<T>;
  /** Runs a stream on the caller's session. */
  readonly stream: <T>(
    context: HandlerContext,
    answers: (session: WorkloadSession) => AsyncIterable<T>,
  ) => AsyncGenerator<T>;
};

const openerOf = ({ source, limits }: WorkloadServiceOptions): Opener => {
  const open = (context: HandlerContext): Promise<WorkloadSession> =>
    awaitSession(source.open(workloadOf(context)), context, limits.openMs);
  const paceOf = ({ signal }: HandlerContext): StreamPace => ({
    signal,
    spreadMs: limits.pushSpreadMs,
    graceMs: limits.identityGraceMs,
  });
  return {
    paceOf,
    once: async (context, answer) => {
      using opened = closing(await open(context));
      return await answer(opened.session);
    },
    stream: async function* (context, answers) {
      using opened = closing(await open(context));
      yield* answers(opened.session);
    },
  };
};

const closing = (session: WorkloadSession) => ({
  session,
  [Symbol.dispose]: () => session.close(),
});

type Implementation = ServiceImpl<typeof SpiffeWorkloadAPI>;
type WitCalls = Pick<Partial<Implementation>, 'fetchWITSVID' | 'fetchWITBundles'>;

const bundleStream = async function* <T>(
  session: WorkloadSession,
  pace: StreamPace,
  fieldsOf: (state: WorkloadState) => T,
): AsyncGenerator<T> {
  let before: WorkloadState | undefined;
  for await (const state of latestStates(session, pace)) {
    if (isSameTrust(before, state)) continue;
    before = state;
    yield fieldsOf(state);
  }
};

/** Calls that are left out answer UNIMPLEMENTED (WL-16). */
const witCalls = (opener: Opener, { clock, hasWit }: WorkloadServiceOptions): WitCalls => {
  if (!hasWit) return {};
  const { stream, paceOf } = opener;
  return {
    fetchWITSVID: async function* (request, context) {
      const { spiffeId: wanted } = readWanted(request.spiffeId);
      yield* stream(context, (session) =>
        witSvidStream({ session, wanted, clock, pace: paceOf(context) }),
      );
    },
    fetchWITBundles: (_, context) =>
      stream(context, (session) => bundleStream(session, paceOf(context), witBundleFields)),
  };
};

/** The service over a source. Each call opens the caller's view and closes it at its end. */
export const createWorkloadService = (options: WorkloadServiceOptions): Partial<Implementation> => {
  const opener = openerOf(options);
  const { stream, once, paceOf } = opener;
  return {
    ...witCalls(opener, options),
    fetchX509SVID: (_, context) =>
      stream(context, async function* (session) {
        for await (const state of latestStates(session, paceOf(context)))
          yield x509SvidFields(state);
      }),
    fetchX509Bundles: (_, context) =>
      stream(context, (session) => bundleStream(session, paceOf(context), x509BundleFields)),
    fetchJWTBundles: (_, context) =>
      stream(context, (session) => bundleStream(session, paceOf(context), jwtBundleFields)),
    fetchJWTSVID: async (request, context) => {
      const ask = readJwtRequest(request);
      return await once(context, (session) => jwtSvidFields(session, ask));
    },
    validateJWTSVID: async (request, context) => {
      if (request.audience === '') throw invalid('audience is required');
      if (request.svid === '') throw invalid('svid is required');
      if (request.svid.length > maxTokenLength) throw invalid('svid is too long');
      return await once(context, (session) => validate(session, request));
    },
  };
};
