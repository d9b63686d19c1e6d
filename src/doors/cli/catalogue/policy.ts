/** Declarations: policies, offline and on a server. */
import type { CommandSpec, OptionSpec } from '../command.ts';

const policies: OptionSpec = {
  flags: '--policies <path>',
  description: 'Cedar file, or directory of .cedar files',
  isRepeated: true,
  isRequired: true,
};
const schema: OptionSpec = {
  flags: '--schema <file>',
  description: 'Cedar schema to check against',
};
const question: readonly OptionSpec[] = [
  policies,
  schema,
  { flags: '--entities <file>', description: 'entities as JSON', isRequired: true },
  {
    flags: '--request <file>',
    description: 'request as JSON: {principal, action, resource: {type, id}, context}',
    isRequired: true,
  },
];

export const policyCommands: readonly CommandSpec[] = [
  {
    path: ['policy', 'authorize'],
    summary: 'Decide one request against policy files, offline',
    options: question,
    examples: [
      'sallyport policy authorize --policies p.cedar --entities e.json --request r.json --json',
    ],
    load: () => import('../commands/policy-authorize.ts'),
  },
  {
    path: ['policy', 'explain'],
    summary: 'Decide one request and say for every policy why it counted or not, offline',
    options: question,
    load: () => import('../commands/policy-explain.ts'),
  },
  {
    path: ['policy', 'validate'],
    summary: 'Check policy files, with a schema if given, offline (exit 6 on errors)',
    options: [policies, schema],
    load: () => import('../commands/policy-validate.ts'),
  },
  {
    path: ['policy', 'replay'],
    summary: 'List recorded decisions that a candidate policy set would change',
    groups: ['remote'],
    options: [
      policies,
      { flags: '--since <duration>', description: 'how far back (default: 7d)' },
      { flags: '--limit <number>', description: 'at most this many decisions (default: 100000)' },
    ],
    examples: ['sallyport policy replay --policies ./candidate --since 7d'],
    load: () => import('../commands/policy-replay.ts'),
  },
  {
    path: ['policy', 'replace'],
    summary: 'Put a policy set in force on a server',
    groups: ['remote'],
    options: [policies],
    load: () => import('../commands/policy-replace.ts'),
  },
];
