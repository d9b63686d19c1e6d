/** Declarations: the server, its configuration, and help with this tool. */
import type { CommandSpec } from '../command.ts';

export const systemCommands: readonly CommandSpec[] = [
  {
    path: ['server'],
    summary: 'Run control plane and gateway in one process',
    groups: ['config'],
    options: [
      { flags: '--host <address>', description: 'address to listen on (SALLYPORT_SERVER_HOST)' },
      { flags: '--port <number>', description: 'port; 0 takes a free one (SALLYPORT_SERVER_PORT)' },
      { flags: '--log-level <level>', description: 'debug, info, warn, error or silent' },
    ],
    examples: ['sallyport server --data-dir ./data --port 7700'],
    load: () => import('../commands/server.ts'),
  },
  {
    path: ['doctor'],
    summary: 'Check machine, configuration and data directory before a start',
    groups: ['config'],
    options: [
      { flags: '--host <address>', description: 'address the server will listen on' },
      { flags: '--port <number>', description: 'port the server will listen on' },
    ],
    examples: ['sallyport doctor --data-dir ./data', 'sallyport doctor --json'],
    load: () => import('../commands/doctor.ts'),
  },
  {
    path: ['config', 'explain'],
    summary: 'Show each configuration value and where it came from',
    arguments: [{ name: '[key]', description: 'only this key or section, for example server.tls' }],
    groups: ['config'],
    examples: ['sallyport config explain --config sallyport.yaml server'],
    load: () => import('../commands/config-explain.ts'),
  },
  {
    path: ['explain'],
    summary: 'Explain an error code',
    arguments: [{ name: '<code>', description: 'for example E_LEDGER_UNAVAILABLE' }],
    load: () => import('../commands/explain.ts'),
  },
  {
    path: ['completion'],
    summary: 'Print a completion script for a shell',
    arguments: [{ name: '<shell>', description: 'which shell', choices: ['bash', 'zsh', 'fish'] }],
    examples: ['source <(sallyport completion bash)'],
    load: () => import('../commands/completion.ts'),
  },
];
