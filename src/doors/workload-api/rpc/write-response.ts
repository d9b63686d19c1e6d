/** Writes a response at the pace of the reader; whoever does not read within the deadline is cut. */
import { once } from 'node:events';
import { constants, type OutgoingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import type { UniversalServerResponse } from '@connectrpc/connect/protocol';

export type Written = 'complete' | 'gone' | 'cut';

const maxDiscardedBytes = 1_048_576;
const discardMs = 2_000;

const toNode = (headers: Headers | undefined): OutgoingHttpHeaders =>
  Object.fromEntries(headers?.entries() ?? []);

const isGone = (stream: ServerHttp2Stream): boolean => stream.destroyed || stream.closed;

/** Resolves when the chunk has left for the client, the client has gone, or the deadline passed. */
const writeChunk = (
  stream: ServerHttp2Stream,
  chunk: Uint8Array,
  drainMs: number,
): Promise<Written> =>
  new Promise((resolve) => {
    const finish = (how: Written): void => {
      clearTimeout(timer);
      stream.off('close', onClose);
      resolve(how);
    };
    const onClose = (): void => finish('gone');
    const timer = setTimeout(() => finish('cut'), drainMs);
    stream.once('close', onClose);
    stream.write(chunk, (error) => finish(error ? 'gone' : 'complete'));
  });

const writeBody = async (
  stream: ServerHttp2Stream,
  body: AsyncIterable<Uint8Array>,
  drainMs: number,
): Promise<Written> => {
  for await (const chunk of body) {
    if (isGone(stream)) return 'gone';
    const how = await writeChunk(stream, chunk, drainMs);
    if (how !== 'complete') return how;
  }
  return isGone(stream) ? 'gone' : 'complete';
};

/**
 * Reads what is left of the request and throws it away, so that the answer is not overtaken by a
 * reset; a client that goes on sending is reset after all.
 */
const discardRequest = (stream: ServerHttp2Stream): void => {
  if (stream.readableEnded || isGone(stream)) return;
  let leftBytes = maxDiscardedBytes;
  const timer = setTimeout(() => stream.close(constants.NGHTTP2_NO_ERROR), discardMs);
  stream.on('data', (chunk: Buffer) => {
    leftBytes -= chunk.length;
    if (leftBytes < 0) stream.close(constants.NGHTTP2_NO_ERROR);
  });
  stream.once('close', () => clearTimeout(timer));
};

/** A status without a message: headers and trailers in one frame. */
export const writeStatus = (
  stream: ServerHttp2Stream,
  status: { readonly code: number; readonly message: string },
): void => {
  if (isGone(stream) || stream.headersSent) return;
  stream.respond(
    {
      ':status': 200,
      'content-type': 'application/grpc+proto',
      'grpc-status': String(status.code),
      'grpc-message': encodeURIComponent(status.message),
    },
    { endStream: true },
  );
  discardRequest(stream);
};

/** Streams the response. Trailers are read after the body, because they are written by it. */
export const writeResponse = async (
  stream: ServerHttp2Stream,
  response: UniversalServerResponse,
  drainMs: number,
): Promise<Written> => {
  if (isGone(stream)) return 'gone';
  stream.once('wantTrailers', () => {
    if (!isGone(stream)) stream.sendTrailers(toNode(response.trailer));
  });
  stream.respond(
    { ...toNode(response.header), ':status': response.status },
    { waitForTrailers: true },
  );
  const how =
    response.body === undefined ? 'complete' : await writeBody(stream, response.body, drainMs);
  if (how === 'complete') {
    stream.end();
    discardRequest(stream);
    if (!stream.closed) await once(stream, 'close').catch(() => undefined);
  }
  if (how === 'cut') stream.close(constants.NGHTTP2_CANCEL);
  return how;
};
