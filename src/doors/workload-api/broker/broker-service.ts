/** The four calls of the SPIFFE Broker API (rules BR-01 to BR-24). */
import { Code, ConnectError, type HandlerContext, type ServiceImpl } from '@connectrpc/connect';
import { isRefusal } from '../../../kernel/errors.ts';
import type { SpiffeId } from '../../../kernel/ids.ts';
import type { API, WorkloadReference as WireReference } from '../generated/broker_pb.ts';
import { latestStates } from '../latest.ts';
import { jwtBundleFields, x509BundleFields, x509SvidFields } from '../messages.ts';
import { callerKey } from '../rpc/caller.ts';
import type { RpcLimits } from '../rpc/limits.ts';
import { denied, toStatus, withReason } from '../status.ts';
import { jwtSvidFields, readJwtRequest } from '../tokens.ts';
import type { WorkloadSession, WorkloadSource, WorkloadState } from '../types.ts';
import { awaitSession } from '../with-session.ts';
import { readReference } from './references.ts';

export type BrokerServiceOptions = { readonly source: WorkloadSource; readonly limits: RpcLimits };

const reasons: ReadonlyMap<Code, string> = new Map([
  [Code.NotFound, 'WORKLOAD_NOT_FOUND'],
  [Code.PermissionDenied, 'WORKLOAD_NOT_ENTITLED'],
]);

/** What is wrong with the workload gets the reason of the standard. */
const explained = (error: unknown): ConnectError => {
  const status = ConnectError.from(error);
  const reason = status.details.length === 0 ? reasons.get(status.code) : undefined;
  return reason === undefined ? status : withReason(status, reason);
};

/** The broker, judged anew: its certificate may have been revoked meanwhile. Throws its status. */
const brokerOf = (context: HandlerContext): SpiffeId => {
  const caller = context.values.get(callerKey);
  if (caller?.kind !== 'broker') throw denied('only brokers are served here');
  const id = caller.verify();
  if (isRefusal(id)) throw toStatus(id);
  return id;
};

export const createBrokerService = ({
  source,
  limits,
}: BrokerServiceOptions): ServiceImpl<typeof API> => {
  const open = (context: HandlerContext, wire: WireReference | undefined) => {
    const broker = brokerOf(context);
    const opening = source.openReferenced(broker, readReference(wire));
    return awaitSession(opening, context, limits.openMs).catch((error: unknown) => {
      throw explained(error);
    });
  };
  const stream = async function* <T>(
    context: HandlerContext,
    wire: WireReference | undefined,
    fieldsOf: (state: WorkloadState) => T,
  ): AsyncGenerator<T> {
    const session: WorkloadSession = await open(context, wire);
    const { pushSpreadMs: spreadMs, identityGraceMs: graceMs } = limits;
    try {
      for await (const state of latestStates(session, {
        signal: context.signal,
        spreadMs,
        graceMs,
      })) {
        brokerOf(context);
        yield fieldsOf(state);
      }
    } catch (error) {
      throw explained(error);
    } finally {
      session.close();
    }
  };
  return {
    subscribeToX509SVID: ({ reference }, context) => stream(context, reference, x509SvidFields),
    subscribeToX509Bundles: ({ reference }, context) =>
      stream(context, reference, x509BundleFields),
    subscribeToJWTBundles: ({ reference }, context) => stream(context, reference, jwtBundleFields),
    fetchJWTSVID: async (request, context) => {
      brokerOf(context);
      const ask = readJwtRequest(request);
      const session = await open(context, request.reference);
      try {
        return await jwtSvidFields(session, ask);
      } catch (error) {
        throw explained(error);
      } finally {
        session.close();
      }
    },
  };
};
