/** The stream of one agent: NDJSON, cut when the agent does not read or its SVID counts no more. */
import type { AgentNews, Agents, AttestedAgent } from '../../../domains/identity/index.ts';
import { encodeBase64 } from '../../../kernel/base64url.ts';
import type { Clock } from '../../../kernel/effects.ts';
import type { StreamSink } from '../../../platform/http/index.ts';

/** More waits only for an agent that has stopped reading; it comes back and gets its state anew. */
const maxWaitingBytes = 64 << 20;
/** Longest wait of a timer; the SVID of an agent lives an hour. */
const maxTimerMs = 2 ** 31 - 1;

const toLine = (news: AgentNews): string => {
  const hasCrls = 'crls' in news && news.crls !== undefined;
  return `${JSON.stringify(hasCrls ? { ...news, crls: news.crls.map(encodeBase64) } : news)}\n`;
};

export type StreamParts = {
  readonly sink: StreamSink;
  readonly clock: Pick<Clock, 'nowMs'>;
  /** Whether the certificate that opened the connection still counts; asked before every line. */
  readonly isGood: () => boolean;
};

/** Subscribes the agent and writes until either side ends it. */
export const startAgentStream = (
  agents: Pick<Agents, 'subscribe'>,
  agent: AttestedAgent,
  { sink, clock, isGood }: StreamParts,
): void => {
  const subscription = agents.subscribe(agent, (news) => {
    if (sink.waitingBytes() > maxWaitingBytes) {
      sink.cut();
      return;
    }
    // What revokes anything is news to everybody, so a revoked SVID ends here at once.
    if (news.type !== 'end' && !isGood()) {
      sink.end();
      return;
    }
    sink.write(toLine(news));
    if (news.type === 'end') sink.end();
  });
  // A connection does not outlive the certificate that opened it.
  const leftMs = Math.min(Math.max(0, agent.expiresAtMs - clock.nowMs()), maxTimerMs);
  const timer = setTimeout(() => sink.end(), leftMs);
  timer.unref();
  sink.onClose(() => {
    clearTimeout(timer);
    subscription.close();
  });
};
