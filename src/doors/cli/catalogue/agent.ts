/** Declarations: the agent of a node, its proxies, and what workloads ask of it. */
import type { CommandSpec } from '../command.ts';

const socket = {
  flags: '--socket <address>',
  description: 'Workload API, for example unix:/run/sallyport/web.sock (SPIFFE_ENDPOINT_SOCKET)',
};
const audience = { flags: '--audience <name>', description: 'audience of the token' };

const attestors = [
  'join-token',
  'x509pop',
  'k8s-psat',
  'aws-iid',
  'gcp-iit',
  'azure-imds',
  'oidc',
  'slurm',
];

const agentRun: CommandSpec = {
  path: ['agent', 'run'],
  summary: 'Run the agent of this node: attest it, serve the Workload API to its workloads',
  options: [
    { flags: '--server <url>', description: 'https address of the server', isRequired: true },
    { flags: '--state <dir>', description: 'directory of its own key and SVID', isRequired: true },
    {
      flags: '--bundle <file>',
      description: 'PEM trust anchors of the server, for the first contact',
    },
    {
      flags: '--pin <digest>',
      description: 'sha256:… of the root certificate, for the first contact without a bundle',
    },
    { flags: '--attestor <name>', description: 'how this node proves itself', choices: attestors },
    {
      flags: '--token-file <file>',
      description: 'join token, or the token of Kubernetes, a CI system or a Slurm job',
    },
    { flags: '--cluster <name>', description: 'cluster (Kubernetes, Slurm)' },
    { flags: '--node <name>', description: 'name of this node (Slurm)' },
    { flags: '--provider <name>', description: 'provider (OIDC)' },
    { flags: '--audience <name>', description: 'audience of the identity token (Google Cloud)' },
    { flags: '--chain <file>', description: 'PEM chain of this node (x509pop)' },
    { flags: '--key <file>', description: 'PEM key of this node (x509pop)' },
    { flags: '--socket-dir <dir>', description: 'directory of the sockets', isRequired: true },
    {
      flags: '--workload <name[:uid[:gid]]>',
      description: 'a socket <name>.sock for one workload, owned by its user',
      isRepeated: true,
    },
    {
      flags: '--shared',
      description: 'one socket agent.sock for all users; the kernel says who calls',
    },
    {
      flags: '--broker <address>',
      description: 'SPIFFE Broker API here: unix:/path or tcp:ip:port',
    },
    {
      flags: '--broker-allow <id>',
      description: 'SPIFFE ID of a broker that is served',
      isRepeated: true,
    },
    {
      flags: '--proxy <settings>',
      description:
        'a proxy inside the agent: workload=<name>,direction=in|out,listen=…,target=…,peer=…[,peer=…][,require-pq]',
      isRepeated: true,
    },
    { flags: '--log-level <level>', description: 'debug, info, warn, error or silent' },
  ],
  examples: [
    'sallyport agent run --server https://127.0.0.1:7700 --bundle data/bundle.pem --token-file join-token --state ./agent --socket-dir ./run --workload web:1000',
  ],
  load: () => import('../commands/agent-run.ts'),
};

const agentExec: CommandSpec = {
  path: ['agent', 'exec'],
  summary: 'Run a command with the Workload API at hand, and with files that are kept fresh',
  arguments: [{ name: '<command...>', description: 'program and arguments, after --' }],
  options: [
    socket,
    {
      flags: '--files <dir>',
      description: 'keep svid.pem, svid-key.pem, bundle.pem, crl.pem here',
    },
    { flags: '--wait <duration>', description: 'how long to wait for an identity (30s)' },
  ],
  examples: [
    'sallyport agent exec --socket unix:/run/sallyport/web.sock --files ./tls -- nginx -g "daemon off;"',
  ],
  load: () => import('../commands/agent-exec.ts'),
};

const agentProxy: CommandSpec = {
  path: ['agent', 'proxy'],
  summary: 'Mutual TLS for a process that speaks plain TCP: in front of it, or on its way out',
  options: [
    socket,
    {
      flags: '--direction <direction>',
      description: 'in: TLS to plain; out: plain to TLS',
      choices: ['in', 'out'],
      isRequired: true,
    },
    { flags: '--listen <address>', description: 'host:port or unix:/path', isRequired: true },
    { flags: '--target <address>', description: 'host:port or unix:/path', isRequired: true },
    {
      flags: '--peer <pattern>',
      description: 'SPIFFE ID at the other end; a final /* stands for any path below',
      isRequired: true,
      isRepeated: true,
    },
    { flags: '--require-pq', description: 'only X25519MLKEM768; refuses peers without it' },
    { flags: '--wait <duration>', description: 'how long to wait for an identity (30s)' },
    { flags: '--log-level <level>', description: 'debug, info, warn, error or silent' },
  ],
  examples: [
    'sallyport agent proxy --direction in --listen 0.0.0.0:8443 --target 127.0.0.1:8080 --peer spiffe://sallyport.local/web',
  ],
  load: () => import('../commands/agent-proxy.ts'),
};

const svidFetch: CommandSpec = {
  path: ['svid', 'fetch'],
  summary: 'Fetch the X.509-SVIDs of this process from the agent',
  options: [
    socket,
    { flags: '--out <dir>', description: 'write svid.pem, svid-key.pem, bundle.pem, crl.pem' },
    { flags: '--wait <duration>', description: 'how long to wait for an identity (10s)' },
  ],
  examples: ['sallyport svid fetch --socket unix:/run/sallyport/web.sock --out ./tls'],
  load: () => import('../commands/svid-fetch.ts'),
};

const svidWatch: CommandSpec = {
  path: ['svid', 'watch'],
  summary: 'Follow the X.509-SVIDs of this process; one line for each change',
  options: [
    socket,
    { flags: '--out <dir>', description: 'keep svid.pem, svid-key.pem, bundle.pem, crl.pem fresh' },
  ],
  load: () => import('../commands/svid-watch.ts'),
};

const svidJwt: CommandSpec = {
  path: ['svid', 'jwt'],
  summary: 'Fetch a JWT-SVID of this process from the agent',
  options: [
    socket,
    { ...audience, isRequired: true, isRepeated: true },
    { flags: '--spiffe-id <id>', description: 'which identity (default: the first)' },
  ],
  load: () => import('../commands/svid-jwt.ts'),
};

const svidValidate: CommandSpec = {
  path: ['svid', 'validate'],
  summary: 'Let the agent validate a JWT-SVID',
  options: [
    socket,
    { ...audience, isRequired: true },
    {
      flags: '--token-file <file>',
      description: 'file with the token; - for standard input',
      isRequired: true,
    },
  ],
  load: () => import('../commands/svid-validate.ts'),
};

export const agentCommands: readonly CommandSpec[] = [
  agentRun,
  agentExec,
  agentProxy,
  svidFetch,
  svidWatch,
  svidJwt,
  svidValidate,
];
