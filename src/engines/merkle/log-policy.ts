/** Policy files, C2SP tlog-policy: which logs are known and which witnesses make a quorum. */
import { isRefusal, type Refusal, refuse } from '../../kernel/errors.ts';
import { merkleErrors } from './errors.ts';
import { parseDecimal } from './sizes.ts';
import { keyTypes, parseVerifierKey, type VerifierKey } from './verifier-keys.ts';

export type PolicyLog = { readonly key: VerifierKey; readonly url?: string };
export type PolicyWitness = PolicyLog & { readonly name: string };
export type PolicyGroup = {
  readonly name: string;
  /** How many members must agree. */
  readonly threshold: number;
  readonly members: readonly string[];
};

/** A parsed policy file. `quorum` names a witness or a group; undefined for `quorum none`. */
export type LogPolicy = {
  readonly logs: readonly PolicyLog[];
  readonly witnesses: ReadonlyMap<string, PolicyWitness>;
  readonly groups: ReadonlyMap<string, PolicyGroup>;
  readonly quorum: string | undefined;
};

type Draft = {
  readonly logs: PolicyLog[];
  readonly witnesses: Map<string, PolicyWitness>;
  readonly groups: Map<string, PolicyGroup>;
  readonly seenKeys: Set<string>;
  quorum: string | undefined;
};

const maxPolicyLength = 1_000_000;
const none = 'none';

/** Parses a policy file; refusals name the line. */
export const parseLogPolicy = (text: string): LogPolicy | Refusal => {
  if (text.length > maxPolicyLength) return fault(0, 'too long');
  const draft: Draft = {
    logs: [],
    witnesses: new Map(),
    groups: new Map(),
    seenKeys: new Set(),
    quorum: undefined,
  };
  for (const [i, line] of text.split('\n').entries()) {
    const words = wordsOf(line);
    const problem = words.length === 0 ? undefined : applyLine(draft, words);
    if (problem !== undefined) return fault(i + 1, problem);
  }
  if (draft.quorum === undefined) return fault(0, 'no quorum line');
  const { logs, witnesses, groups, quorum } = draft;
  return { logs, witnesses, groups, quorum: quorum === none ? undefined : quorum };
};

const wordsOf = (line: string): readonly string[] => {
  const [content = ''] = line.split('#', 1);
  return content.split(/[ \t]/).filter((word) => word !== '');
};

const fault = (line: number, what: string): Refusal =>
  refuse(merkleErrors.E_LOG_POLICY, `log policy${line > 0 ? ` line ${line}` : ''}: ${what}`);

const applyLine = (draft: Draft, words: readonly string[]): string | undefined => {
  const [keyword, ...rest] = words;
  switch (keyword) {
    case 'log':
      return applyLog(draft, rest);
    case 'witness':
      return applyWitness(draft, rest);
    case 'group':
      return applyGroup(draft, rest);
    case 'quorum':
      return applyQuorum(draft, rest);
    default:
      return `unknown keyword ${JSON.stringify(keyword)}`;
  }
};

/** The same key under another name is the same key. */
const takeKey = (draft: Draft, vkey: string): VerifierKey | string => {
  const key = parseVerifierKey(vkey);
  if (isRefusal(key)) return key.detail;
  const identity = Buffer.from(key.publicKey).toString('latin1');
  if (draft.seenKeys.has(identity)) return `key of ${key.name} appears twice`;
  draft.seenKeys.add(identity);
  return key;
};

const withUrl = (key: VerifierKey, url: string | undefined): PolicyLog =>
  url === undefined ? { key } : { key, url };

const applyLog = (draft: Draft, words: readonly string[]): string | undefined => {
  const [vkey, url, ...more] = words;
  if (vkey === undefined || more.length > 0) return 'log <vkey> [url] expected';
  const key = takeKey(draft, vkey);
  if (typeof key === 'string') return key;
  draft.logs.push(withUrl(key, url));
  return undefined;
};

const isDefined = (draft: Draft, name: string): boolean =>
  draft.witnesses.has(name) || draft.groups.has(name);

const applyWitness = (draft: Draft, words: readonly string[]): string | undefined => {
  const [name, vkey, url, ...more] = words;
  if (name === undefined || vkey === undefined || more.length > 0)
    return 'witness <name> <vkey> [url] expected';
  if (name === none || isDefined(draft, name)) return `name ${name} is taken`;
  const key = takeKey(draft, vkey);
  if (typeof key === 'string') return key;
  if (key.type === keyTypes.ed25519) return `key of witness ${name} is not for cosignatures`;
  draft.witnesses.set(name, { name, ...withUrl(key, url) });
  return undefined;
};

const thresholdOf = (word: string, members: number): number | undefined => {
  if (word === 'any') return 1;
  if (word === 'all') return members;
  const threshold = parseDecimal(word);
  const isInRange = threshold !== undefined && threshold >= 1 && threshold <= members;
  return isInRange ? threshold : undefined;
};

const applyGroup = (draft: Draft, words: readonly string[]): string | undefined => {
  const [name, word, ...members] = words;
  if (name === undefined || word === undefined || members.length === 0)
    return 'group <name> <k|any|all> <members> expected';
  if (name === none || isDefined(draft, name)) return `name ${name} is taken`;
  const unknown = members.find((member) => !isDefined(draft, member));
  if (unknown !== undefined) return `member ${unknown} is not defined above`;
  if (new Set(members).size < members.length) return `group ${name} has a member twice`;
  const threshold = thresholdOf(word, members.length);
  if (threshold === undefined) return `threshold ${word} is not within 1 to ${members.length}`;
  draft.groups.set(name, { name, threshold, members });
  return undefined;
};

const applyQuorum = (draft: Draft, words: readonly string[]): string | undefined => {
  const [name, ...more] = words;
  if (name === undefined || more.length > 0) return 'quorum <name|none> expected';
  if (draft.quorum !== undefined) return 'second quorum line';
  if (name !== none && !isDefined(draft, name)) return `quorum ${name} is not defined above`;
  draft.quorum = name;
  return undefined;
};

/** True when the witnesses that signed (by their names in the policy) make the quorum. */
export const isQuorumMet = (policy: LogPolicy, signed: ReadonlySet<string>): boolean => {
  if (policy.quorum === undefined) return true;
  // Members are defined before the groups that use them, so one pass in order settles all.
  const met = new Set([...policy.witnesses.keys()].filter((name) => signed.has(name)));
  for (const group of policy.groups.values()) {
    const count = group.members.filter((member) => met.has(member)).length;
    if (count >= group.threshold) met.add(group.name);
  }
  return met.has(policy.quorum);
};
