/** Reads a client's hello and puts it back, so that TLS starts as if nobody had looked. */
import type { Socket } from 'node:net';
import { type ClientHello, maxHelloBytes, readClientHello } from './client-hello.ts';

/** Undefined when the client ends, fails or speaks no TLS first. The socket is paused afterwards. */
export const peekHello = (socket: Socket): Promise<ClientHello | undefined> =>
  new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const finish = (hello: ClientHello | undefined): void => {
      socket.off('data', onData).off('end', onEnd).off('close', onEnd);
      socket.pause();
      if (hello !== undefined) socket.unshift(Buffer.concat(chunks, size));
      resolve(hello);
    };
    const onEnd = (): void => finish(undefined);
    const onData = (chunk: Buffer): void => {
      chunks.push(chunk);
      size += chunk.length;
      const hello = readClientHello(Buffer.concat(chunks, size));
      if (typeof hello === 'object') finish(hello);
      else if (hello === 'other' || size > 2 * maxHelloBytes) finish(undefined);
    };
    socket.on('data', onData).once('end', onEnd).once('close', onEnd);
  });
