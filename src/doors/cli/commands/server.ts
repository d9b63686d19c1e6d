/** `sallyport server`: runs until SIGINT or SIGTERM, then closes in order. */
import { unlink } from 'node:fs/promises';
import { writeFileAtomic } from '../../../platform/files/index.ts';
import type { Invocation, RunningServer } from '../command.ts';
import { loadConfiguration } from '../load-configuration.ts';
import { serverBundleFile, serverNoteFile } from '../server-address.ts';

/** Resolves when the server has stopped. */
export const run = async (invocation: Invocation): Promise<void> => {
  const { terminal } = invocation;
  // From here on a signal ends the server in order, also one that comes while it still starts.
  const stopped = invocation.stopped();
  const resolved = await loadConfiguration(invocation);
  for (const warning of resolved.warnings) terminal.complain(`warning: ${warning}`);
  const { composeServer } = await invocation.compose();
  const server = await composeServer(resolved);
  const { dataDir } = resolved.config;
  const note = { url: server.url, pid: process.pid };
  const noteFile = serverNoteFile(dataDir);
  try {
    if (server.trustPem !== undefined)
      await writeFileAtomic(serverBundleFile(dataDir), server.trustPem, { mode: 0o644 });
    await writeFileAtomic(noteFile, `${JSON.stringify(note)}\n`);
    terminal.say(`Sallyport listens on ${server.url}; data in ${dataDir}`);
    if (terminal.isJson) terminal.line(note, () => '');
    await stopped;
    terminal.say('stopping');
  } finally {
    await stop(server, noteFile);
  }
};

const stop = async (server: RunningServer, noteFile: string): Promise<void> => {
  await unlink(noteFile).catch(() => undefined);
  await server.close();
};
