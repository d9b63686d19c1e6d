/** What all exchanges of one gateway share. Made once by createGateway. */
import type { ServerResponse } from 'node:http';
import type { Connections } from './front/connections.ts';
import type { Exchange } from './exchange.ts';
import type { EventTemplates } from './event-templates.ts';
import type { InFlight } from './in-flight.ts';
import type { GatewayDeps } from './types.ts';
import type { ContextHeaders } from './upstream/context-header.ts';
import type { UpstreamPools } from './upstream/pools.ts';
import type { GatewayMetrics } from './metrics.ts';
import type { Teams } from './teams.ts';

export type GatewayContext = {
  readonly deps: GatewayDeps;
  readonly connections: Connections;
  readonly pools: UpstreamPools;
  readonly teams: Teams;
  readonly contextHeaders: ContextHeaders;
  readonly eventTemplates: EventTemplates;
  readonly metrics: GatewayMetrics;
  readonly newId: () => string;
  readonly inFlight: InFlight<Exchange>;
  /** Large answers on their way out, and until when they must be gone (monotonic). */
  readonly draining: Map<ServerResponse, number>;
  /** New requests are refused; set once, when closing. */
  isClosing: boolean;
};
