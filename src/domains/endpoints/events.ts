/** Ledger events of the registry: OCSF Entity Management (3004), decisive. */
import { buildEntityChange } from '../../engines/ocsf/index.ts';
import type { Actor } from '../identity/index.ts';
import type { LedgerEvent } from '../ledger/index.ts';
import type { EndpointSpec } from './endpoint.ts';
import type { EndpointRow } from './schema.ts';

export type EndpointChange = {
  readonly actor: Actor;
  readonly kind: 'create' | 'update' | 'delete';
  /** The endpoint as it will be, or as it was before deletion. */
  readonly row: EndpointRow;
  readonly timeMs: number;
};

/** What of the description an auditor needs. Neither credential nor certificate. */
const recordedSpec = ({ tls, description: _description, ...spec }: EndpointSpec): object => ({
  ...spec,
  ...(tls.spiffeId === undefined ? {} : { upstreamSpiffeId: tls.spiffeId }),
});

/** The event of one change; appended before the change is stored. */
export const endpointChanged = ({ actor, kind, row, timeMs }: EndpointChange): LedgerEvent => ({
  class: 'decisive',
  ocsf: buildEntityChange({
    timeMs,
    tenant: actor.tenant,
    activity: kind,
    eventCode: `endpoint.${kind}`,
    ...(actor.requestId === undefined ? {} : { correlationUid: actor.requestId }),
    actor: { type: actor.principal.type, uid: actor.principal.id },
    entity: {
      type: 'Endpoint',
      uid: row.name,
      version: String(row.version),
      data: {
        ...recordedSpec(JSON.parse(row.spec) as EndpointSpec),
        hasCredential: row.credential_box !== null,
      },
    },
  }),
});
