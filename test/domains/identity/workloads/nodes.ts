/** Nodes for tests: an agent that attested with a join token, and what it hears. */
import { generateKeyPairSync, sign } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type {
  AgentNews,
  AttestedAgent,
  EntryParent,
  Identity,
  NewEntry,
  RegistrationEntry,
} from '../../../../src/domains/identity/index.ts';
import { createCertificateRequest } from '../../../../src/engines/pki/index.ts';
import { orThrow } from '../../../../src/kernel/errors.ts';
import type { SpiffeId } from '../../../../src/kernel/ids.ts';
import { actor, spiffe } from '../harness.ts';

type Room = { readonly identity: Identity };

/** A DER request for a fresh P-256 key. */
export const newCsr = (): Uint8Array => {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return createCertificateRequest({
    spki: publicKey.export({ format: 'der', type: 'spki' }),
    sign: (data) => sign('sha256', data, privateKey),
  });
};

export const agentIdOf = (node: string): SpiffeId => spiffe(`/sallyport/agent/join-token/${node}`);

/** Attests a node; gives its chain and the agent as routes see it. */
export const attestNode = async ({ identity }: Room, node: string) => {
  const { token } = orThrow(await identity.agents.createJoinToken(actor, { node }));
  const answer = orThrow(
    await identity.agents.attest({
      attestor: 'join-token',
      evidence: { token: token.reveal() },
      csr: newCsr(),
    }),
  );
  if ('challenge' in answer) throw new Error('a join token is no challenge');
  const agent: AttestedAgent = orThrow(identity.agents.authenticate(answer.chain));
  return { svid: answer, agent };
};

export const onAgent = (node: string): EntryParent => ({ kind: 'agent', agentId: agentIdOf(node) });

export const addEntry = async (
  { identity }: Room,
  path: string,
  wish: Partial<NewEntry> = {},
): Promise<RegistrationEntry> =>
  orThrow(
    await identity.entries.create(actor, {
      spiffeId: spiffe(path),
      parent: onAgent('gpu-1'),
      selectors: ['unix:uid:1000'],
      ...wish,
    }),
  );

/** Everything an agent was told, and a way to let what is due arrive. */
export const listen = ({ identity }: Room, agent: AttestedAgent) => {
  const news: AgentNews[] = [];
  const subscription = identity.agents.subscribe(agent, (one) => news.push(one));
  return { news, close: subscription.close, arrive: () => nextTurn() };
};

/** The SVID of one entry. */
export const fetchSvid = async (
  { identity }: Room,
  agent: AttestedAgent,
  wish: { readonly entryId: string; readonly instance?: string },
) => {
  const [answer] = orThrow(
    await identity.agents.issueX509Svids(agent, [{ ...wish, csr: newCsr() }]),
  );
  if (answer === undefined) throw new Error('no answer');
  return 'error' in answer ? answer.error : answer;
};
