/** Declarations: `identity …`, for workloads, nodes, authorities and other trust domains. */
import type { CommandSpec, OptionSpec } from '../command.ts';

const entryOptions: readonly OptionSpec[] = [
  { flags: '--spiffe-id <id>', description: 'SPIFFE ID of the workload', isRequired: true },
  { flags: '--selector <type:value>', description: 'what the workload shows', isRepeated: true },
  { flags: '--agent <id>', description: 'SPIFFE ID of the agent it runs under' },
  {
    flags: '--node-selector <type:value>',
    description: 'or: what the nodes have where it may run',
    isRepeated: true,
  },
  { flags: '--ttl <duration>', description: 'life of an X.509-SVID (at most 1h)' },
  { flags: '--jwt-ttl <duration>', description: 'life of a JWT-SVID (at most 1h)' },
  { flags: '--dns <name>', description: 'DNS name in the certificate', isRepeated: true },
  {
    flags: '--federates-with <domain>',
    description: 'trust domain whose bundle it gets',
    isRepeated: true,
  },
  { flags: '--hint <text>', description: 'tells several identities of one workload apart' },
  { flags: '--expires-in <duration>', description: 'end of the entry, from now' },
  { flags: '--role <role>', description: 'role, if a principal is created', isRepeated: true },
  { flags: '--team <team>', description: 'team, if a principal is created', isRepeated: true },
];
const entryFilter: readonly OptionSpec[] = [
  { flags: '--spiffe-id <id>', description: 'only with this SPIFFE ID' },
  { flags: '--agent <id>', description: 'only under this agent' },
];
const entryId = [{ name: '<id>', description: 'id of the entry' }];
const agentId = [{ name: '<id>', description: 'SPIFFE ID of the agent' }];
const authorityId = [{ name: '<id>', description: 'id of the authority' }];
const domain = [{ name: '<domain>', description: 'the other trust domain' }];
const force: OptionSpec = { flags: '--force', description: 'do it although it hurts' };
const reason: OptionSpec = {
  flags: '--reason <reason>',
  description: 'why, in the words of RFC 5280, for example keyCompromise',
};

const entries = () => import('../commands/identity-entry.ts');
const agents = () => import('../commands/identity-agent.ts');
const authorities = () => import('../commands/identity-authority.ts');
const bundles = () => import('../commands/identity-bundle.ts');

const entryCommands: readonly CommandSpec[] = [
  {
    path: ['identity', 'entry', 'add'],
    summary: 'Register a workload: what it shows, where it runs, who it is',
    groups: ['remote'],
    options: entryOptions,
    examples: [
      'sallyport identity entry add --spiffe-id spiffe://sallyport.local/trainer --agent spiffe://sallyport.local/sallyport/agent/join-token/gpu-1 --selector unix:uid:1000',
    ],
    load: async () => ({ run: (await entries()).add }),
  },
  {
    path: ['identity', 'entry', 'list'],
    summary: 'List registration entries',
    groups: ['remote'],
    options: entryFilter,
    load: async () => ({ run: (await entries()).list }),
  },
  {
    path: ['identity', 'entry', 'show'],
    summary: 'Show one entry or group',
    arguments: entryId,
    groups: ['remote'],
    load: async () => ({ run: (await entries()).show }),
  },
  {
    path: ['identity', 'entry', 'remove'],
    summary: 'Remove an entry; what was issued runs out (identity revoke ends it at once)',
    arguments: entryId,
    groups: ['remote'],
    load: async () => ({ run: (await entries()).remove }),
  },
  {
    path: ['identity', 'group', 'add'],
    summary: 'Register a job: one entry, many workers, each with a path of its own',
    groups: ['remote'],
    options: [
      ...entryOptions,
      { flags: '--instances <n>', description: 'most workers at once', isRequired: true },
    ],
    examples: [
      'sallyport identity group add --spiffe-id spiffe://sallyport.local/job/7 --instances 256 --node-selector slurm:partition:gpu --selector slurm:job:7',
    ],
    load: async () => ({ run: (await entries()).add }),
  },
  {
    path: ['identity', 'group', 'list'],
    summary: 'List groups',
    groups: ['remote'],
    options: entryFilter,
    load: async () => ({ run: (await entries()).listGroups }),
  },
  {
    path: ['identity', 'group', 'remove'],
    summary: 'Remove a group; its workers are refused from then on',
    arguments: entryId,
    groups: ['remote'],
    load: async () => ({ run: (await entries()).remove }),
  },
];

const agentCommands: readonly CommandSpec[] = [
  {
    path: ['identity', 'agent', 'token'],
    summary: 'Create a one-time token with which the agent of a node attests',
    groups: ['remote'],
    options: [
      { flags: '--node <name>', description: 'name of the node (default: drawn)' },
      { flags: '--ttl <duration>', description: 'life time (default 10m, at most 7d)' },
    ],
    examples: ['sallyport identity agent token --node gpu-1'],
    load: async () => ({ run: (await agents()).token }),
  },
  {
    path: ['identity', 'agent', 'list'],
    summary: 'List agents',
    groups: ['remote'],
    load: async () => ({ run: (await agents()).list }),
  },
  {
    path: ['identity', 'agent', 'evict'],
    summary: 'Refuse an agent and everything issued through it',
    arguments: agentId,
    groups: ['remote'],
    options: [{ flags: '--ban', description: 'its node may not attest again' }, reason],
    load: async () => ({ run: (await agents()).evict }),
  },
  {
    path: ['identity', 'agent', 'readmit'],
    summary: 'Lift the ban of an agent',
    arguments: agentId,
    groups: ['remote'],
    load: async () => ({ run: (await agents()).readmit }),
  },
  {
    path: ['identity', 'revoke'],
    summary: 'Revoke one SVID, an entry, an agent or an authority; in force at once',
    groups: ['remote'],
    options: [
      { flags: '--svid <id>', description: 'credential id: x509:…, jwt:… or wit:…' },
      { flags: '--entry <id>', description: 'id of an entry or group' },
      { flags: '--agent <id>', description: 'SPIFFE ID of an agent' },
      { flags: '--authority <id>', description: 'id of a tainted authority' },
      reason,
    ],
    examples: ['sallyport identity revoke --entry 0199… --reason keyCompromise'],
    load: async () => ({ run: (await agents()).revoke }),
  },
  {
    path: ['svid', 'revoke'],
    summary: 'Revoke one SVID by its credential id; in force at once',
    arguments: [{ name: '<id>', description: 'x509:…, jwt:… or wit:…' }],
    groups: ['remote'],
    options: [reason],
    load: async () => ({ run: (await agents()).revokeSvid }),
  },
];

const authorityCommands: readonly CommandSpec[] = [
  {
    path: ['identity', 'authority', 'list'],
    summary: 'List the authorities of the trust domain and their states',
    groups: ['remote'],
    load: async () => ({ run: (await authorities()).list }),
  },
  {
    path: ['identity', 'authority', 'prepare'],
    summary: 'Make and publish the next authority; it signs in an hour, or when activated',
    arguments: [
      { name: '<kind>', description: 'what it signs', choices: ['intermediate', 'jwt', 'wit'] },
    ],
    groups: ['remote'],
    load: async () => ({ run: (await authorities()).prepare }),
  },
  {
    path: ['identity', 'authority', 'activate'],
    summary: 'Let a prepared authority sign from now on',
    arguments: authorityId,
    groups: ['remote'],
    options: [force],
    load: async () => ({ run: (await authorities()).activate }),
  },
  {
    path: ['identity', 'authority', 'taint'],
    summary: 'Stop signing with an authority and have what it signed replaced',
    arguments: authorityId,
    groups: ['remote'],
    load: async () => ({ run: (await authorities()).taint }),
  },
  {
    path: ['identity', 'authority', 'revoke'],
    summary: 'Take a tainted authority out of trust, everywhere',
    arguments: authorityId,
    groups: ['remote'],
    options: [force],
    load: async () => ({ run: (await authorities()).revoke }),
  },
];

const bundleCommands: readonly CommandSpec[] = [
  {
    path: ['identity', 'bundle', 'show'],
    summary: 'Show the SPIFFE bundle of the trust domain',
    groups: ['remote'],
    load: async () => ({ run: (await bundles()).show }),
  },
  {
    path: ['identity', 'bundle', 'list'],
    summary: 'List federated trust domains and how fresh their bundles are',
    groups: ['remote'],
    load: async () => ({ run: (await bundles()).list }),
  },
  {
    path: ['identity', 'bundle', 'federate'],
    summary: 'Federate with a trust domain',
    arguments: domain,
    groups: ['remote'],
    options: [
      { flags: '--url <url>', description: 'https address of its bundle endpoint' },
      {
        flags: '--endpoint-spiffe-id <id>',
        description: 'whom the endpoint must prove to be (https_spiffe; else https_web)',
      },
      { flags: '--bundle-file <file>', description: 'its first bundle; - for standard input' },
    ],
    examples: [
      'sallyport identity bundle federate partner.example --url https://spiffe.partner.example/bundle',
    ],
    load: async () => ({ run: (await bundles()).federate }),
  },
  {
    path: ['identity', 'bundle', 'refresh'],
    summary: 'Fetch the bundle of a federated trust domain now',
    arguments: domain,
    groups: ['remote'],
    load: async () => ({ run: (await bundles()).refresh }),
  },
  {
    path: ['identity', 'bundle', 'remove'],
    summary: 'End the federation with a trust domain',
    arguments: domain,
    groups: ['remote'],
    load: async () => ({ run: (await bundles()).remove }),
  },
];

export const workloadCommands: readonly CommandSpec[] = [
  ...entryCommands,
  ...agentCommands,
  ...authorityCommands,
  ...bundleCommands,
];
