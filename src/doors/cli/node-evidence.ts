/** From the options of `agent run` to the evidence of this node. */
import {
  awsEvidence,
  azureEvidence,
  type EvidenceEffects,
  gcpEvidence,
  joinTokenEvidence,
  type NodeEvidence,
  readSmallText,
  tokenEvidence,
  x509popEvidence,
} from '../agent/index.ts';
import { type Options, usage } from './options.ts';

const metadataMs = 5_000;
const maxMetadataLength = 65_536;

/** Files of this machine, and its metadata service with a short deadline and no redirects. */
const effects: EvidenceEffects = {
  readText: readSmallText,
  fetchText: async (url, init) => {
    const signal = AbortSignal.timeout(metadataMs);
    const answer = await fetch(url, { ...init, redirect: 'error', signal });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`HTTP status ${answer.status}`);
    if (text.length > maxMetadataLength) throw new Error('the answer is too long');
    return text;
  },
};

const makers: Readonly<Record<string, (options: Options) => NodeEvidence>> = {
  'join-token': (options) => joinTokenEvidence(options.required('tokenFile'), effects),
  x509pop: (options) =>
    x509popEvidence({ chain: options.required('chain'), key: options.required('key') }, effects),
  'k8s-psat': (options) =>
    tokenEvidence(
      'k8s-psat',
      { file: options.required('tokenFile'), more: { cluster: options.required('cluster') } },
      effects,
    ),
  oidc: (options) =>
    tokenEvidence(
      'oidc',
      { file: options.required('tokenFile'), more: { provider: options.required('provider') } },
      effects,
    ),
  slurm: (options) => {
    const more = { cluster: options.required('cluster'), node: options.required('node') };
    return tokenEvidence('slurm', { file: options.required('tokenFile'), more }, effects);
  },
  'aws-iid': () => awsEvidence(effects),
  'gcp-iit': (options) => gcpEvidence(options.required('audience'), effects),
  'azure-imds': () => azureEvidence(effects),
};

/** Evidence for the chosen attestor; a join token when none is named. */
export const nodeEvidence = (options: Options): NodeEvidence => {
  const name = options.text('attestor') ?? 'join-token';
  const make = makers[name];
  if (make === undefined) throw usage(`no attestor ${name}`);
  return make(options);
};
