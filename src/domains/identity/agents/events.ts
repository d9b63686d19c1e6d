/** Ledger events of agents: attestation, eviction, and what is issued through them. */
import { buildAuthentication } from '../../../engines/ocsf/index.ts';
import type { SpiffeId } from '../../../kernel/ids.ts';
import type { LedgerEvent } from '../../ledger/index.ts';
import { basicsOf, entityChanged, partyOf } from '../events.ts';
import type { Actor } from '../types.ts';
import { agentPrincipal } from './agent-id.ts';
import type { AgentRecord } from './types.ts';

const maxSelectorsShown = 64;

/** A node proved itself, or its agent renewed its SVID. */
export const agentProven = (
  actor: Actor,
  record: AgentRecord,
  proof: { readonly kind: 'attested' | 'renewed'; readonly timeMs: number },
): LedgerEvent => ({
  class: 'decisive',
  ocsf: buildAuthentication({
    ...basicsOf(actor, proof.timeMs, `agent.${proof.kind}`),
    activity: 'logon',
    user: partyOf(agentPrincipal(record.id)),
    protocol: record.attestor,
    service: 'identity',
    session: { uid: record.credentialId },
    unmapped: {
      spiffe_id: record.id,
      expires_at_ms: record.expiresAtMs,
      selectors: record.selectors.slice(0, maxSelectorsShown),
    },
  }),
});

const activities = { evicted: 'disable', banned: 'disable', active: 'enable' } as const;
const codes = { evicted: 'agent.evicted', banned: 'agent.banned', active: 'agent.readmitted' };

export const agentSwitched = (
  actor: Actor,
  record: AgentRecord,
  change: { readonly status: AgentRecord['status']; readonly timeMs: number },
): LedgerEvent => ({
  class: 'decisive',
  ocsf: entityChanged(actor, change.timeMs, {
    activity: activities[change.status],
    eventCode: codes[change.status],
    entity: { type: 'Node', uid: record.id, data: { attestor: record.attestor } },
  }),
});

export type IssuedThroughAgent = {
  readonly entryId: string;
  readonly credentialId: string;
  readonly spiffeId: SpiffeId;
  readonly expiresAtMs: number;
};

/** What one event may hold: an entry of the log has 65,535 bytes. */
const maxEventBytes = 40_000;
const bytesBeside = 140;

const chunksOf = (issued: readonly IssuedThroughAgent[]): readonly IssuedThroughAgent[][] => {
  const chunks: IssuedThroughAgent[][] = [];
  let room = 0;
  for (const one of issued) {
    const size = one.spiffeId.length + bytesBeside;
    if (room < size) {
      chunks.push([]);
      room = maxEventBytes;
    }
    chunks.at(-1)?.push(one);
    room -= size;
  }
  return chunks;
};

/** As few events as hold everything that one call issued. */
export const issuedThroughAgent = (
  actor: Actor,
  issued: readonly IssuedThroughAgent[],
  facts: { readonly protocol: 'X509-SVID' | 'JWT-SVID' | 'WIT-SVID'; readonly timeMs: number },
): readonly LedgerEvent[] =>
  chunksOf(issued).map((chunk) => ({
    class: 'decisive',
    ocsf: buildAuthentication({
      ...basicsOf(actor, facts.timeMs, 'svids.issued'),
      activity: 'serviceTicket',
      user: partyOf(actor.principal),
      actor: partyOf(actor.principal),
      protocol: facts.protocol,
      service: 'identity',
      session: { uid: chunk[0]?.credentialId ?? '' },
      unmapped: {
        svids: chunk.map(({ entryId, credentialId, spiffeId, expiresAtMs }) => ({
          entry: entryId,
          credential: credentialId,
          spiffe_id: spiffeId,
          expires_at_ms: expiresAtMs,
        })),
      },
    }),
  }));
