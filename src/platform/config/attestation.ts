/**
 * The configuration of node attestation: one group for each kind of node that may attest. A kind is
 * switched on by what it needs; who is admitted is always said, an empty list admits nobody.
 */
import { z } from 'zod';
import { key, path } from './key-meta.ts';
import type { ConfigProblem } from './raw-value.ts';

const maxItems = 64;
const name = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9.-]{0,62}$/, 'a name holds letters, digits, dots and hyphens');
const word = z.string().min(1).max(256);
const words = z.array(word).max(1024);
const someWords = words.min(1);
const secureUrl = z
  .string()
  .max(2048)
  .refine((text) => text.startsWith('https://') && URL.canParse(text), 'must be an https:// URL')
  .refine((text) => !/[?#@]/.test(text), 'holds no user, query or fragment');

const audienceOf = (whose: string) =>
  key(word, { description: `Audience that ${whose} must be made for.` });

const kubernetesCluster = z.strictObject({
  name: key(name, {
    description: 'What agents give with `--cluster`; part of the id of the agent.',
  }),
  url: key(secureUrl, { description: 'The API server, `https://host:port`.' }),
  caFile: key(path, {
    description: 'PEM authorities of the API server; read for every review.',
    isPath: true,
  }),
  tokenFile: key(path, {
    description: 'Token of a service account that may create TokenReviews; read for every review.',
    isPath: true,
  }),
  audience: audienceOf('projected tokens'),
  serviceAccounts: key(someWords, {
    description: 'Admitted service accounts of agents, `namespace:name`; `*` for any text.',
  }),
});

const oidcProvider = z
  .strictObject({
    name: key(name, {
      description: 'What agents give with `--provider`; part of the id of the agent.',
    }),
    issuer: key(word, { description: 'Exact `iss` of the tokens.' }),
    audience: audienceOf('tokens'),
    jwksUrl: key(secureUrl.optional(), {
      description: 'Where the issuer publishes its keys; or `jwksFile`.',
    }),
    jwksFile: key(path.optional(), {
      description: 'The keys of the issuer as JWKS.',
      isPath: true,
    }),
    caFile: key(path.optional(), {
      description: 'PEM authorities for `jwksUrl`; absent: the public ones.',
      isPath: true,
    }),
    require: key(
      z
        .record(word, someWords)
        .refine((claims) => Object.keys(claims).length > 0, 'names at least one claim'),
      {
        description:
          'Patterns by claim (`*` for any text); each claim must match one of its patterns.',
      },
    ),
    nodeId: key(z.tuple([word], word), {
      description: 'Claims that make the id of the agent, in order. A value attests once.',
    }),
    selectors: key(words.default([]), {
      description: 'Claims that become selectors `oidc:PROVIDER:CLAIM:VALUE`.',
    }),
  })
  .refine(
    ({ jwksUrl, jwksFile }) => (jwksUrl === undefined) !== (jwksFile === undefined),
    'give jwksUrl or jwksFile, one of them',
  );

const slurmCluster = z.strictObject({
  name: key(name, { description: 'What agents give with `--cluster`; also the claim `cluster`.' }),
  issuer: key(word, { description: 'Exact `iss` of job credentials.' }),
  audience: audienceOf('job credentials'),
  keyFile: key(path, {
    description: 'Public keys that sign job credentials: JWKS, or PEM public keys.',
    isPath: true,
  }),
});

const awsCertificate = z.strictObject({
  region: key(word, { description: 'Region of the certificate.' }),
  file: key(path, {
    description: 'PEM certificates of the region, RSA-2048 form, as AWS publishes them.',
    isPath: true,
  }),
});

const listOf = <T extends z.ZodType>(item: T) => z.array(item).max(maxItems).default([]);

const gcp = z.strictObject({
  audience: key(word.optional(), {
    description: 'Audience of instance identity tokens; switches `gcp-iit` on.',
  }),
  projects: key(words.default([]), { description: 'Admitted project ids.' }),
  jwksUrl: key(secureUrl.default('https://www.googleapis.com/oauth2/v3/certs'), {
    description: 'Where Google publishes its keys.',
  }),
  jwksFile: key(path.optional(), {
    description: 'The keys as JWKS, instead of `jwksUrl`.',
    isPath: true,
  }),
});

const azure = z.strictObject({
  authoritiesFile: key(path.optional(), {
    description: 'PEM roots that signers of Azure chain to; switches `azure-imds` on.',
    isPath: true,
  }),
  intermediatesFile: key(path.optional(), {
    description: 'PEM intermediates of Azure, which do not travel in documents.',
    isPath: true,
  }),
  signerNames: key(words.default(['metadata.azure.com', '*.metadata.azure.com']), {
    description: 'DNS names of signers; `*.` stands for any labels.',
  }),
  subscriptions: key(words.default([]), { description: 'Admitted subscription ids.' }),
});

/** The section `attestation`. */
export const attestationSchema = z.strictObject({
  x509pop: z.strictObject({
    authoritiesFile: key(path.optional(), {
      description: 'PEM authorities whose certificates make a node; switches `x509pop` on.',
      isPath: true,
    }),
  }),
  kubernetes: z.strictObject({
    clusters: key(listOf(kubernetesCluster), {
      description: 'Clusters whose nodes attest by a projected token; switches `k8s-psat` on.',
    }),
  }),
  aws: z.strictObject({
    certificates: key(listOf(awsCertificate), {
      description: 'Pinned signers of instance documents by region; switches `aws-iid` on.',
    }),
    accounts: key(words.default([]), { description: 'Admitted account numbers, as text.' }),
  }),
  gcp,
  azure,
  oidc: z.strictObject({
    providers: key(listOf(oidcProvider), {
      description: 'Issuers of tokens for CI jobs and the like; switches `oidc` on.',
    }),
  }),
  slurm: z.strictObject({
    clusters: key(listOf(slurmCluster), {
      description: 'Clusters whose jobs attest; switches `slurm` on.',
    }),
  }),
});

export type AttestationConfig = z.output<typeof attestationSchema>;

const duplicates = (
  at: string,
  items: readonly { readonly name: string }[],
): readonly ConfigProblem[] => {
  const names = items.map((item) => item.name);
  const twice = names.find((one, index) => names.indexOf(one) !== index);
  return twice === undefined ? [] : [problem(at, `${twice} stands there twice`)];
};

const problem = (at: string, message: string): ConfigProblem => ({
  key: `attestation.${at}`,
  place: '',
  message,
});

/** What must fit together across keys of the section. */
export const checkAttestation = (config: AttestationConfig): readonly ConfigProblem[] => {
  const { aws, gcp: google, azure: microsoft } = config;
  const together = [
    ['aws', 'certificates and accounts', aws.certificates.length > 0, aws.accounts.length > 0],
    ['gcp', 'audience and projects', google.audience !== undefined, google.projects.length > 0],
    [
      'azure',
      'authoritiesFile and subscriptions',
      microsoft.authoritiesFile !== undefined,
      microsoft.subscriptions.length > 0,
    ],
  ] as const;
  const halves = together.flatMap(([at, what, left, right]) =>
    left === right ? [] : [problem(at, `${what} belong together; give both or none`)],
  );
  return [
    ...halves,
    ...duplicates('kubernetes.clusters', config.kubernetes.clusters),
    ...duplicates('oidc.providers', config.oidc.providers),
    ...duplicates('slurm.clusters', config.slurm.clusters),
  ];
};
