/** Declarations: model endpoints. */
import type { CommandSpec } from '../command.ts';

export const registryCommands: readonly CommandSpec[] = [
  {
    path: ['endpoint', 'add'],
    summary: 'Register a model endpoint',
    arguments: [{ name: '[name]', description: 'also the model name that clients send' }],
    groups: ['remote'],
    options: [
      { flags: '--file <file>', description: 'description as YAML or JSON; flags win over it' },
      { flags: '--url <url>', description: 'base URL of the upstream' },
      { flags: '--protocol <name>', description: 'what it speaks', choices: ['openai', 'v2'] },
      {
        flags: '--network <kind>',
        description: 'where it is',
        choices: ['public', 'private'],
      },
      { flags: '--upstream-model <name>', description: 'model name there (default: the name)' },
      { flags: '--upstream-spiffe-id <id>', description: 'SPIFFE ID the upstream must prove' },
      { flags: '--credential-file <file>', description: 'its API key; - for standard input' },
      { flags: '--role <role>', description: 'role that may use it', isRepeated: true },
      { flags: '--team <team>', description: 'team that may use it', isRepeated: true },
      { flags: '--mode <mode>', description: 'enforce or shadow', choices: ['enforce', 'shadow'] },
      { flags: '--audit <kind>', description: 'normal or strict', choices: ['normal', 'strict'] },
      { flags: '--description <text>', description: 'for people' },
    ],
    examples: [
      'sallyport endpoint add digits --protocol v2 --url http://127.0.0.1:8000 --network private --role digits-reader',
      'sallyport endpoint add --file digits.yaml',
    ],
    load: () => import('../commands/endpoint-add.ts'),
  },
  {
    path: ['endpoint', 'list'],
    summary: 'List endpoints',
    groups: ['remote'],
    load: () => import('../commands/endpoint-list.ts'),
  },
  {
    path: ['endpoint', 'show'],
    summary: 'Show an endpoint',
    arguments: [{ name: '<name>', description: 'name of the endpoint' }],
    groups: ['remote'],
    load: () => import('../commands/endpoint-show.ts'),
  },
  {
    path: ['endpoint', 'remove'],
    summary: 'Remove an endpoint; calls to it are refused from then on',
    arguments: [{ name: '<name>', description: 'name of the endpoint' }],
    groups: ['remote'],
    load: () => import('../commands/endpoint-remove.ts'),
  },
];
