/** Where the ledger's files are, below `<data-dir>/ledger`. */
import { join } from 'node:path';

export type Layout = {
  readonly root: string;
  /** Static C2SP tlog-tiles directory; may be served or copied as it is. */
  readonly log: string;
  readonly wal: string;
  readonly history: string;
  readonly checkpoint: string;
  readonly vkeys: string;
  readonly reserve: string;
  readonly spill: string;
  /** Files on their way; emptied at start. */
  readonly temporary: string;
};

export const layoutOf = (directory: string): Layout => ({
  root: directory,
  log: join(directory, 'log'),
  wal: join(directory, 'wal'),
  history: join(directory, 'log', 'history'),
  checkpoint: join(directory, 'log', 'checkpoint'),
  vkeys: join(directory, 'log.vkeys'),
  reserve: join(directory, 'reserve'),
  spill: join(directory, 'spill'),
  temporary: join(directory, 'tmp'),
});
