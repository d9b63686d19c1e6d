/** Declarations: the transparency log. */
import type { CommandSpec } from '../command.ts';

export const ledgerCommands: readonly CommandSpec[] = [
  {
    path: ['ledger', 'verify'],
    summary: 'Verify a whole log on disk, independently of its writer (exit 6 when not ok)',
    options: [
      {
        flags: '--data-dir <dir>',
        description: 'data directory, or a copy of one',
        isRequired: true,
      },
      {
        flags: '--checkpoint <file>',
        description: 'a checkpoint kept elsewhere; the log must contain what it saw',
      },
      {
        flags: '--key <file>',
        description: 'verifier keys (vkey), one per line; replaces those beside the log',
      },
    ],
    examples: ['sallyport ledger verify --data-dir ./data --json'],
    load: () => import('../commands/ledger-verify.ts'),
  },
  {
    path: ['ledger', 'prove'],
    summary: 'Write the inclusion proof of an entry (C2SP tlog-proof)',
    arguments: [{ name: '<index>', description: 'index of the entry' }],
    groups: ['remote'],
    options: [{ flags: '--out <file>', description: 'write to this file' }],
    load: () => import('../commands/ledger-prove.ts'),
  },
  {
    path: ['ledger', 'tail'],
    summary: 'Show the last entries of the log',
    groups: ['remote'],
    options: [
      { flags: '--limit <number>', description: 'how many (default: 20)' },
      { flags: '--follow', description: 'go on with new entries until interrupted' },
      {
        flags: '--principal <ref>',
        description: 'only of this principal, for example User::alice',
      },
      { flags: '--decision <word>', description: 'only these', choices: ['allow', 'deny'] },
    ],
    load: () => import('../commands/ledger-tail.ts'),
  },
  {
    path: ['ledger', 'reindex'],
    summary: 'Rebuild the derived index from the log; the server must be stopped',
    groups: ['config'],
    load: () => import('../commands/ledger-reindex.ts'),
  },
];
