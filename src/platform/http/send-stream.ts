/** Answers that go on: written to the connection directly, without the deadline of handlers. */
import type { FastifyReply } from 'fastify';
import type { StreamAnswer } from './route.ts';

/** Sends the head now and hands the connection to the answer. */
export const sendStream = (
  reply: FastifyReply,
  contentType: string,
  { start }: StreamAnswer,
): FastifyReply => {
  const { raw } = reply;
  const headers = reply.getHeaders();
  reply.hijack();
  for (const [name, value] of Object.entries(headers))
    if (value !== undefined) raw.setHeader(name, value);
  raw.setHeader('content-type', contentType);
  raw.statusCode = reply.statusCode;
  raw.flushHeaders();
  let isOpen = true;
  raw.once('close', () => {
    isOpen = false;
  });
  // What cannot be written any more is noticed by `close`.
  raw.on('error', () => undefined);
  start({
    waitingBytes: () => raw.writableLength,
    write: (text) => {
      if (isOpen) raw.write(text);
    },
    end: () => raw.end(),
    cut: () => raw.destroy(),
    onClose: (listener) => {
      if (isOpen) raw.once('close', listener);
      else listener();
    },
  });
  return reply;
};
