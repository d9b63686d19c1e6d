/** Load on a server that will be killed: remembers what was acknowledged, expects nothing more. */
import { connectRaw, type RawClient } from '../../bench/harness/raw-client.ts';

export type KillableLoad = {
  /** Request ids of all exchanges that were answered to the last byte. */
  readonly acknowledged: ReadonlySet<string>;
  /** Answers that were not 2xx, by status; they must not happen on a healthy server. */
  readonly unexpected: ReadonlyMap<number, number>;
  /** Stops sending and waits for what is under way. */
  readonly stop: () => Promise<void>;
};

const idOf = (head: string): string | undefined =>
  /\r\nx-sallyport-request-id: ([^\r]+)/.exec(head)?.[1];

/** Sends the request over several connections until stopped or until the server is gone. */
export const startLoad = (port: number, request: Uint8Array, connections: number): KillableLoad => {
  const acknowledged = new Set<string>();
  const unexpected = new Map<number, number>();
  let isStopped = false;
  const drive = async (): Promise<void> => {
    let client: RawClient | undefined;
    try {
      client = await connectRaw({ port });
      while (!isStopped) {
        const { status, head } = await client.send(request);
        const id = idOf(head);
        if (status === 200 && id !== undefined) acknowledged.add(id);
        else unexpected.set(status, (unexpected.get(status) ?? 0) + 1);
      }
    } catch {
      // The server died under this connection; what it had not answered was never acknowledged.
    } finally {
      client?.close();
    }
  };
  const drivers = Promise.all(Array.from({ length: connections }, drive));
  return {
    acknowledged,
    unexpected,
    stop: async () => {
      isStopped = true;
      await drivers;
    },
  };
};
