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

const optional = ({ isRequired: _isRequired, ...option }: OptionSpec): OptionSpec => option;

const record: readonly OptionSpec[] = [
  {
    flags: '--decisions <path>',
    description: 'recorded decisions: JSON lines, a data directory or a copy of a ledger; offline',
  },
  { flags: '--entities <file>', description: 'entities as JSON, with --decisions' },
  { flags: '--since <duration>', description: 'how far back decisions count (default: 90d)' },
  { flags: '--limit <number>', description: 'at most this many decisions (default: 1000000)' },
];
const keep: OptionSpec = {
  flags: '--keep <policy>',
  description: 'id of a policy to leave alone, as those annotated @keep',
  isRepeated: true,
};

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
    path: ['policy', 'search'],
    summary: 'Find who, what or which action fits a request with one open place, offline',
    options: [...question, { flags: '--limit <number>', description: 'at most this many answers' }],
    examples: [
      'sallyport policy search --policies p.cedar --schema s.cedarschema --entities e.json --request open.json',
    ],
    load: () => import('../commands/policy-search.ts'),
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
    path: ['policy', 'unused'],
    summary: 'Join what is granted with what was used: policies, grants, memberships never needed',
    groups: ['remote'],
    options: [optional(policies), schema, ...record, keep],
    examples: [
      'sallyport policy unused --since 90d --json',
      'sallyport policy unused --policies p.cedar --entities e.json --decisions decisions.jsonl',
    ],
    load: () => import('../commands/policy-unused.ts'),
  },
  {
    path: ['policy', 'tighten'],
    summary: 'Propose a smaller set that keeps what was used, and prove it (exit 6 if it cannot)',
    groups: ['remote'],
    options: [
      optional(policies),
      schema,
      ...record,
      keep,
      {
        flags: '--min-uses <number>',
        description: 'fewer uses do not count as use (default: 1)',
      },
      { flags: '--keep-days <days>', description: 'what was used within these days counts anyway' },
      {
        flags: '--max-listed <number>',
        description: 'principals or resources named one by one at most (default: 8)',
      },
      { flags: '--out <dir>', description: 'write the proposed files here; nothing is replaced' },
    ],
    examples: ['sallyport policy tighten --since 90d --out tightened'],
    load: () => import('../commands/policy-tighten.ts'),
  },
  {
    path: ['policy', 'diff'],
    summary:
      'Explain two policy sets by requests that become allowed or denied (exit 6 if unknown)',
    groups: ['remote'],
    options: [
      { ...policies, description: 'the set after: Cedar file, or directory of .cedar files' },
      {
        flags: '--before <path>',
        description: 'the set before (default: that in force on the server)',
        isRepeated: true,
      },
      schema,
      ...record,
    ],
    examples: ['sallyport policy diff --before content/policies --policies candidate'],
    load: () => import('../commands/policy-diff.ts'),
  },
  {
    path: ['policy', 'replace'],
    summary: 'Put a policy set in force on a server',
    groups: ['remote'],
    options: [policies],
    load: () => import('../commands/policy-replace.ts'),
  },
];
