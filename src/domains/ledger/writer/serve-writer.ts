/** Connects a writer to the ports on which it is controlled and fed. */
import type { MessagePort } from 'node:worker_threads';
import { SallyportError } from '../../../kernel/errors.ts';
import { systemClock } from '../../../kernel/effects.ts';
import { type FileOperations, systemCode } from './file-operations.ts';
import type {
  BatchMessage,
  ControlCall,
  ControlReply,
  ControlRequest,
  Notice,
  WriterSettings,
} from './protocol.ts';
import type { SharedState } from './shared-state.ts';
import { createCheckpointSigner, type SigningKeys } from './signer.ts';
import { WalFailure } from './wal.ts';
import { LedgerWriter } from './writer.ts';

/** Everything a writer needs that can cross threads. */
export type WriterStart = {
  readonly settings: WriterSettings;
  readonly keys: SigningKeys;
  readonly shared: SharedState;
};

type Served = { readonly writer: LedgerWriter; readonly producers: Set<MessagePort> };

const serveProducer = ({ writer, producers }: Served, port: MessagePort): void => {
  producers.add(port);
  port.on('close', () => producers.delete(port));
  port.on('message', (batch: BatchMessage) => {
    writer.receive(batch, (reply) => port.postMessage(reply));
  });
};

const close = async ({ writer, producers }: Served): Promise<void> => {
  await writer.close();
  for (const port of producers) port.close();
};

const answer = async (served: Served, request: ControlCall): Promise<unknown> => {
  const { writer } = served;
  switch (request.call) {
    case 'publish':
      return writer.publish();
    case 'read':
      return writer.read(request.from, request.count);
    case 'cosign':
      return writer.cosign(request);
    case 'producer':
      return serveProducer(served, request.port);
    case 'close':
      return close(served);
    default:
      return request satisfies never;
  }
};

const failureNotice = (error: unknown): Notice => {
  if (error instanceof SallyportError)
    return { notice: 'failed', code: 'corrupt', reason: error.message };
  const cause = error instanceof WalFailure ? error.cause : error;
  return { notice: 'failed', code: 'unavailable', reason: systemCode(cause) };
};

/** Opens the writer and serves the control port until it is closed. Never rejects: it says so. */
export const serveWriter = async (
  start: WriterStart,
  control: MessagePort,
  files: FileOperations,
): Promise<void> => {
  const notify = (notice: Notice): void => control.postMessage(notice);
  let writer: LedgerWriter;
  try {
    const { settings, shared } = start;
    const signer = createCheckpointSigner(start.keys);
    writer = await LedgerWriter.open({
      settings,
      files,
      signer,
      clock: systemClock,
      shared,
      notify,
    });
  } catch (error) {
    notify(failureNotice(error));
    // Stays until it is stopped: an ended thread could overtake its last message.
    control.on('message', () => undefined);
    return;
  }
  const served: Served = { writer, producers: new Set() };
  const reply = async ({ id, request }: ControlRequest): Promise<void> => {
    let message: ControlReply;
    try {
      message = { id, value: await answer(served, request) };
    } catch (error) {
      message = { id, error: systemCode(error) };
    }
    control.postMessage(message);
    if (request.call === 'close') control.close();
  };
  control.on('message', (message: ControlRequest) => void reply(message));
  notify({ notice: 'opened', opened: writer.opened });
};
