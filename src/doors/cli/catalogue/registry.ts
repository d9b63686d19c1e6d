/** Declarations: model endpoints. */
import type { CommandSpec } from '../command.ts';

const describing: NonNullable<CommandSpec['options']> = [
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
];
const limitScope: NonNullable<CommandSpec['options']> = [
  { flags: '--principal <id>', description: 'of this principal' },
  { flags: '--team <team>', description: 'of this team, all members together' },
  { flags: '--endpoint <name>', description: 'of this endpoint, all callers together' },
];
const limitKey: NonNullable<CommandSpec['options']> = [
  ...limitScope,
  {
    flags: '--measure <what>',
    description: 'what is counted',
    choices: ['requests', 'tokens', 'microUsd'],
    isRequired: true,
  },
  {
    flags: '--window <length>',
    description: 'per minute, hour, day or month (UTC)',
    choices: ['minute', 'hour', 'day', 'month'],
    isRequired: true,
  },
];

export const registryCommands: readonly CommandSpec[] = [
  {
    path: ['endpoint', 'add'],
    summary: 'Register a model endpoint',
    arguments: [{ name: '[name]', description: 'also the model name that clients send' }],
    groups: ['remote'],
    options: describing,
    examples: [
      'sallyport endpoint add digits --protocol v2 --url http://127.0.0.1:8000 --network private --role digits-reader',
      'sallyport endpoint add --file digits.yaml',
    ],
    load: () => import('../commands/endpoint-add.ts'),
  },
  {
    path: ['endpoint', 'update'],
    summary: 'Change an endpoint; what is not named stays as it is',
    arguments: [{ name: '<name>', description: 'name of the endpoint' }],
    groups: ['remote'],
    options: describing,
    examples: ['sallyport endpoint update digits --mode enforce'],
    load: () => import('../commands/endpoint-update.ts'),
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
  {
    path: ['limit', 'set'],
    summary: 'Create or change a limit on requests, tokens or spend',
    groups: ['remote'],
    options: [
      ...limitKey,
      { flags: '--amount <number>', description: 'how much', isRequired: true },
    ],
    examples: [
      'sallyport limit set --principal scorer --measure requests --window hour --amount 1000',
    ],
    load: () => import('../commands/limit-set.ts'),
  },
  {
    path: ['limit', 'list'],
    summary: 'List limits',
    groups: ['remote'],
    load: () => import('../commands/limit-list.ts'),
  },
  {
    path: ['limit', 'usage'],
    summary: 'Show what is charged in the current windows',
    groups: ['remote'],
    options: limitScope,
    load: () => import('../commands/limit-usage.ts'),
  },
  {
    path: ['limit', 'remove'],
    summary: 'Remove a limit',
    groups: ['remote'],
    options: limitKey,
    load: () => import('../commands/limit-remove.ts'),
  },
];
