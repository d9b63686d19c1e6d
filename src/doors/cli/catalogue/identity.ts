/** Declarations: enrolment, principals, tokens and SVIDs. */
import type { CommandSpec } from '../command.ts';

const ttl = (most: string) => ({
  flags: '--ttl <duration>',
  description: `life time, for example 90s, 15m, 12h, 7d (at most ${most})`,
});

export const identityCommands: readonly CommandSpec[] = [
  {
    path: ['enrol'],
    summary: 'Become the first administrator with the one-time code of a new server',
    groups: ['remote'],
    options: [
      {
        flags: '--code-file <file>',
        description: 'file with the code; - for standard input (default: that in --data-dir)',
      },
      { flags: '--name <name>', description: 'display name of the administrator' },
    ],
    examples: ['sallyport enrol --data-dir ./data'],
    load: () => import('../commands/enrol.ts'),
  },
  {
    path: ['whoami'],
    summary: 'Show who the server takes you for',
    groups: ['remote'],
    load: () => import('../commands/whoami.ts'),
  },
  {
    path: ['principal', 'create'],
    summary: 'Create a person, service or agent',
    arguments: [{ name: '<id>', description: 'its id in policies' }],
    groups: ['remote'],
    options: [
      {
        flags: '--type <type>',
        description: 'what it is',
        choices: ['User', 'Service', 'Agent'],
        isRequired: true,
      },
      { flags: '--name <name>', description: 'display name (default: the id)' },
      { flags: '--spiffe-id <id>', description: 'SPIFFE ID of its workload' },
      { flags: '--role <role>', description: 'role it has', isRepeated: true },
      { flags: '--team <team>', description: 'team it belongs to', isRepeated: true },
    ],
    examples: ['sallyport principal create scorer --type Service --role digits-reader'],
    load: () => import('../commands/principal-create.ts'),
  },
  {
    path: ['principal', 'list'],
    summary: 'List principals',
    groups: ['remote'],
    load: () => import('../commands/principal-list.ts'),
  },
  {
    path: ['principal', 'disable'],
    summary: 'Refuse a principal with every credential it has',
    arguments: [{ name: '<id>', description: 'id of the principal' }],
    groups: ['remote'],
    load: () => import('../commands/principal-disable.ts'),
  },
  {
    path: ['principal', 'enable'],
    summary: 'Accept a disabled principal again',
    arguments: [{ name: '<id>', description: 'id of the principal' }],
    groups: ['remote'],
    load: () => import('../commands/principal-enable.ts'),
  },
  {
    path: ['token', 'create'],
    summary: 'Create an API token; it is shown once',
    groups: ['remote'],
    options: [
      { flags: '--principal <id>', description: 'whose token', isRequired: true },
      { flags: '--name <name>', description: 'what it is for' },
      ttl('366d'),
      { flags: '--out <file>', description: 'write the token to this new file (0600) instead' },
    ],
    examples: ['sallyport token create --principal scorer --ttl 12h'],
    load: () => import('../commands/token-create.ts'),
  },
  {
    path: ['token', 'list'],
    summary: 'List the API tokens of a principal',
    groups: ['remote'],
    options: [{ flags: '--principal <id>', description: 'whose tokens', isRequired: true }],
    load: () => import('../commands/token-list.ts'),
  },
  {
    path: ['token', 'revoke'],
    summary: 'Revoke an API token',
    arguments: [{ name: '<id>', description: 'id of the token (not the token itself)' }],
    groups: ['remote'],
    load: () => import('../commands/token-revoke.ts'),
  },
  {
    path: ['svid', 'mint'],
    summary: 'Mint an X.509-SVID with a new key, or a JWT-SVID',
    groups: ['remote'],
    options: [
      { flags: '--spiffe-id <id>', description: 'SPIFFE ID of a principal', isRequired: true },
      {
        flags: '--out <dir>',
        description: 'directory for svid.pem, svid-key.pem and bundle.pem (default: .)',
      },
      { flags: '--dns <name>', description: 'DNS name in the certificate', isRepeated: true },
      { flags: '--ip <address>', description: 'IP address in the certificate', isRepeated: true },
      { flags: '--jwt', description: 'a JWT-SVID, on standard output' },
      { flags: '--audience <name>', description: 'audience of the JWT-SVID', isRepeated: true },
      ttl('1h'),
    ],
    examples: [
      'sallyport svid mint --spiffe-id spiffe://sallyport.local/scorer --out ./scorer',
      'sallyport svid mint --spiffe-id spiffe://sallyport.local/scorer --jwt --audience gateway',
    ],
    load: () => import('../commands/svid-mint.ts'),
  },
  {
    path: ['join-token', 'create'],
    summary: 'Create a one-time token for the first SVID of a workload',
    groups: ['remote'],
    options: [
      { flags: '--spiffe-id <id>', description: 'SPIFFE ID of a principal', isRequired: true },
      ttl('7d'),
    ],
    load: () => import('../commands/join-token-create.ts'),
  },
  {
    path: ['join-token', 'redeem'],
    summary: 'Exchange a join token for an X.509-SVID with a new key',
    groups: ['remote'],
    options: [
      {
        flags: '--token-file <file>',
        description: 'file with the token; - for standard input',
        isRequired: true,
      },
      {
        flags: '--out <dir>',
        description: 'directory for svid.pem, svid-key.pem and bundle.pem (default: .)',
      },
      ttl('1h'),
    ],
    load: () => import('../commands/join-token-redeem.ts'),
  },
];
