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

const serveProducer = (writer: LedgerWriter, port: MessagePort): void => {
  port.on('message', (batch: BatchMessage) => {
    writer.receive(batch, (reply) => port.postMessage(reply));
  });
};

const answer = async (writer: LedgerWriter, request: ControlCall): Promise<unknown> => {
  switch (request.call) {
    case 'publish':
      return writer.publish();
    case 'read':
      return writer.read(request.from, request.count);
    case 'cosign':
      return writer.cosign(request);
    case 'producer':
      return serveProducer(writer, request.port);
    case 'close':
      return writer.close();
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
    control.close();
    return;
  }
  const reply = async ({ id, request }: ControlRequest): Promise<void> => {
    let message: ControlReply;
    try {
      message = { id, value: await answer(writer, request) };
    } catch (error) {
      message = { id, error: systemCode(error) };
    }
    control.postMessage(message);
    if (request.call === 'close') control.close();
  };
  control.on('message', (message: ControlRequest) => void reply(message));
  notify({ notice: 'opened', opened: writer.opened });
};
