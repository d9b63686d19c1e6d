/** One connection as an HTTP/2 session with bounds; the caller was identified before. */
import { constants, performServerHandshake, type ServerHttp2Session } from 'node:http2';
import type { Duplex } from 'node:stream';
import { type CallContext, type CallEnd, handleStream } from './handle-stream.ts';

export type Connection = {
  /** Resolves when the connection has ended, however. */
  readonly closed: Promise<void>;
  /** No new streams; those open may end by themselves. */
  readonly finish: () => void;
  readonly destroy: () => void;
};

const sessionBounds = {
  // Megabytes; header tables and queued frames of one client.
  maxSessionMemory: 8,
  maxHeaderListPairs: 64,
  maxSessionInvalidFrames: 16,
  maxSessionRejectedStreams: 16,
  maxSettings: 16,
  maxOutstandingPings: 4,
} as const;
const maxHeaderBytes = 16_384;

const watchIdle = (session: ServerHttp2Session, idleMs: number) => {
  let openStreams = 0;
  let timer: NodeJS.Timeout | undefined;
  const rest = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => session.close(), idleMs);
    timer.unref();
  };
  rest();
  return {
    began: () => {
      openStreams++;
      clearTimeout(timer);
      return openStreams;
    },
    ended: () => {
      openStreams--;
      if (openStreams === 0 && !session.destroyed) rest();
    },
    stop: () => clearTimeout(timer),
  };
};

/** Takes the socket over. `onCall` hears how each call ended. */
export const serveConnection = (
  socket: Duplex,
  context: CallContext,
  onCall: (call: CallEnd) => void,
): Connection => {
  const { maxStreamsPerConnection, idleMs } = context.limits;
  const session = performServerHandshake(socket, {
    ...sessionBounds,
    settings: {
      maxConcurrentStreams: maxStreamsPerConnection,
      maxHeaderListSize: maxHeaderBytes,
      enablePush: false,
    },
  });
  const idle = watchIdle(session, idleMs);
  session.on('error', () => session.destroy());
  session.on('stream', (stream, headers) => {
    const openStreams = idle.began();
    stream.once('close', idle.ended);
    // Before the client has acknowledged our settings HTTP/2 does not hold it to them. Twice as many,
    // because a stream that the client has ended is counted a moment longer here.
    if (openStreams > maxStreamsPerConnection * 2) {
      stream.on('error', () => undefined);
      stream.close(constants.NGHTTP2_REFUSED_STREAM);
      return;
    }
    void handleStream(stream, headers, context).then((call) => {
      onCall(call);
      // A reader that stopped reading the socket altogether holds memory: let it go as a whole.
      if (call.end === 'cut' && socket.writableLength > 0) session.destroy();
    });
  });
  const closed = new Promise<void>((resolve) => {
    session.once('close', () => {
      idle.stop();
      socket.destroy();
      resolve();
    });
  });
  return {
    closed,
    finish: () => {
      if (!session.closed) session.close();
    },
    destroy: () => {
      session.destroy();
      // A session that ended in order waits for the client to hang up, which it need not do.
      socket.destroy();
    },
  };
};
