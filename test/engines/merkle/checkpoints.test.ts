/** Checkpoints under a policy, policy files and quorums, offline proofs. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type CheckpointPolicy,
  checkpointPolicyFor,
  emptyRoot,
  formatCheckpoint,
  formatTlogProof,
  formatVerifierKey,
  isQuorumMet,
  keyTypes,
  leafHash,
  nodeHash,
  parseCheckpoint,
  parseLogPolicy,
  parseTlogProof,
  signNoteSync,
  verifyCheckpoint,
  verifyConsistency,
  verifyTlogProof,
} from '../../../src/engines/merkle/index.ts';
import { isRefusal, orThrow, type Refusal } from '../../../src/kernel/errors.ts';
import { createSigner } from './signers.ts';
import { fromBase64, readJsonVector, readVector, skipVectors } from './vectors.ts';

const refusalOf = (value: unknown): Refusal => {
  assert.ok(isRefusal(value), 'a refusal was expected');
  return value;
};

const root = leafHash(Buffer.from('x'));
const rootText = Buffer.from(root).toString('base64');

test('formats what it parses', () => {
  const text = formatCheckpoint({ origin: 'o', size: 12, root, extensions: ['more'] });
  assert.equal(text, `o\n12\n${rootText}\nmore\n`);
  assert.deepEqual(parseCheckpoint(text), { origin: 'o', size: 12, root, extensions: ['more'] });
});

const badCheckpoints: readonly [string, string][] = [
  ['no last newline', `o\n1\n${rootText}`],
  ['no origin', `\n1\n${rootText}\n`],
  ['no size', `o\n\n${rootText}\n`],
  ['a leading zero', `o\n01\n${rootText}\n`],
  ['a sign', `o\n+1\n${rootText}\n`],
  ['a size beyond 2^53', `o\n9007199254740992\n${rootText}\n`],
  ['a short root', 'o\n1\nAAAA\n'],
  ['a root that is not base64', `o\n1\n${rootText.slice(0, -1)}\n`],
  ['an empty extension', `o\n1\n${rootText}\n\n`],
  ['two lines', 'o\n1\n'],
];
for (const [what, text] of badCheckpoints) {
  test(`refuses a checkpoint with ${what}`, () => {
    assert.equal(refusalOf(parseCheckpoint(text)).error.code, 'E_LOG_FORMAT');
  });
}

test('throws RangeError when asked to format what is no checkpoint', () => {
  for (const change of [{ origin: '' }, { origin: 'a\nb' }, { size: -1 }, { root: root.slice(1) }])
    assert.throws(() => formatCheckpoint({ origin: 'o', size: 1, root, ...change }), RangeError);
});

const origin = 'log.example/one';
const ed = createSigner(keyTypes.ed25519, origin);
const mlDsa = createSigner(keyTypes.mlDsa44Cosignature, origin);
const witnesses = [
  createSigner(keyTypes.ed25519Cosignature, 'w.example/1'),
  createSigner(keyTypes.mlDsa44Cosignature, 'w.example/2'),
  createSigner(keyTypes.ed25519Cosignature, 'w.example/3'),
];
const text = formatCheckpoint({ origin, size: 7, root });
const both: CheckpointPolicy = { required: [ed.key, formatVerifierKey(mlDsa.key)] };

test('accepts a checkpoint that both keys of our own log signed', () => {
  const checkpoint = orThrow(verifyCheckpoint(signNoteSync(text, [ed, mlDsa]), both));
  assert.deepEqual([checkpoint.origin, checkpoint.size, checkpoint.root], [origin, 7, root]);
  assert.equal(checkpoint.text, text);
  assert.equal(checkpoint.signatures.length, 2);
});

test('accepts a foreign log with Ed25519 alone when the policy says so', () => {
  assert.ok(!isRefusal(verifyCheckpoint(signNoteSync(text, [ed]), { required: [ed.key] })));
});

const unverified: readonly [string, string, CheckpointPolicy, RegExp][] = [
  ['lacks the ML-DSA signature', signNoteSync(text, [ed]), both, /no signature of .* type 6/],
  ['lacks the Ed25519 signature', signNoteSync(text, [mlDsa]), both, /no signature of .* type 1/],
  ['is signed by others only', signNoteSync(text, witnesses), both, /no known key/],
  ['is judged by no key', signNoteSync(text, [ed]), { required: [] }, /requires no signature/],
  [
    'is of another origin',
    signNoteSync(formatCheckpoint({ origin: 'other', size: 7, root }), [ed, mlDsa]),
    both,
    /origin is "other"/,
  ],
  [
    'gives the empty log a root',
    signNoteSync(formatCheckpoint({ origin, size: 0, root }), [ed, mlDsa]),
    both,
    /empty log/,
  ],
  [
    'is dated in the future',
    signNoteSync(text, [ed, mlDsa]),
    { ...both, latestTimestamp: 1_699_999_999 },
    /future/,
  ],
];
for (const [what, note, policy, reason] of unverified) {
  test(`refuses a checkpoint that ${what}`, () => {
    const refusal = refusalOf(verifyCheckpoint(note, policy));
    assert.equal(refusal.error.code, 'E_LOG_SIGNATURE');
    assert.match(refusal.detail, reason);
  });
}

test('accepts the checkpoint of an empty log, another origin when told, and dates up to the latest', () => {
  const empty = formatCheckpoint({ origin, size: 0, root: emptyRoot() });
  assert.ok(!isRefusal(verifyCheckpoint(signNoteSync(empty, [ed, mlDsa]), both)));
  const other = signNoteSync(formatCheckpoint({ origin: 'other', size: 1, root }), [ed]);
  assert.ok(!isRefusal(verifyCheckpoint(other, { required: [ed.key], origin: 'other' })));
  const dated = { ...both, latestTimestamp: 1_700_000_000 };
  assert.ok(!isRefusal(verifyCheckpoint(signNoteSync(text, [ed, mlDsa]), dated)));
});

test('refuses what is not a checkpoint and keys that are none', () => {
  const note = signNoteSync('a text\n', [ed]);
  assert.equal(
    refusalOf(verifyCheckpoint(note, { required: [ed.key] })).error.code,
    'E_LOG_FORMAT',
  );
  refusalOf(verifyCheckpoint(note, { required: ['nonsense'] }));
  refusalOf(verifyCheckpoint('nonsense', both));
});

const vkey = (at: number): string => formatVerifierKey((witnesses[at] as typeof ed).key);
const policyText = [
  '# who watches this log',
  `log\t${formatVerifierKey(ed.key)} https://log.example/ # ours`,
  '',
  `witness one ${vkey(0)} https://w.example/1`,
  `witness two   ${vkey(1)}`,
  `witness three ${vkey(2)}`,
  'group pair all one two',
  'group most 2 pair three',
  'group some any two three',
  'quorum most',
].join('\n');

test('reads a policy file', () => {
  const policy = orThrow(parseLogPolicy(policyText));
  assert.equal(policy.logs[0]?.url, 'https://log.example/');
  assert.deepEqual([...policy.witnesses.keys()], ['one', 'two', 'three']);
  assert.deepEqual(policy.groups.get('most'), {
    name: 'most',
    threshold: 2,
    members: ['pair', 'three'],
  });
  assert.equal(policy.quorum, 'most');
});

test('counts quorums through groups of groups', () => {
  const policy = orThrow(parseLogPolicy(policyText));
  const met = (...names: readonly string[]): boolean => isQuorumMet(policy, new Set(names));
  assert.ok(met('one', 'two', 'three'));
  assert.ok(!met('one', 'two'));
  assert.ok(!met('one', 'three'));
  assert.ok(!met('pair', 'three'), 'only witnesses sign');
  const some = orThrow(parseLogPolicy(policyText.replace('quorum most', 'quorum some')));
  assert.ok(isQuorumMet(some, new Set(['two'])));
  assert.ok(!isQuorumMet(some, new Set(['one'])));
  const none = orThrow(parseLogPolicy(policyText.replace('quorum most', 'quorum none')));
  assert.ok(isQuorumMet(none, new Set()));
});

test('demands the quorum of witnesses', () => {
  const file = orThrow(parseLogPolicy(policyText));
  const policy = orThrow(checkpointPolicyFor(file, origin));
  assert.ok(!isRefusal(verifyCheckpoint(signNoteSync(text, [ed, ...witnesses]), policy)));
  const few = signNoteSync(text, [ed, ...witnesses.slice(0, 2)]);
  assert.match(refusalOf(verifyCheckpoint(few, policy)).detail, /quorum/);
  refusalOf(checkpointPolicyFor(file, 'unknown.example'));
});

const badPolicies: readonly [string, string][] = [
  ['no quorum', policyText.replace('quorum most', '')],
  ['two quorums', `${policyText}\nquorum none`],
  ['an unknown keyword', `${policyText}\nwitnesses one`],
  ['an unknown quorum', policyText.replace('quorum most', 'quorum least')],
  ['an unknown member', policyText.replace('all one two', 'all one four')],
  ['a member defined below', policyText.replace('all one two', 'all one most')],
  ['a member twice', policyText.replace('all one two', 'all one one')],
  ['a threshold of zero', policyText.replace('2 pair three', '0 pair three')],
  ['a threshold above the members', policyText.replace('2 pair three', '3 pair three')],
  ['an empty group', policyText.replace('all one two', 'all')],
  ['a name twice', policyText.replace('witness two', 'witness one')],
  ['a group called none', policyText.replace('group some', 'group none')],
  ['a key twice under two names', policyText.replace(vkey(2), vkey(0))],
  ['a bad key', policyText.replace(vkey(1), 'x')],
  [
    'a witness with a note key',
    policyText.replace(vkey(1), formatVerifierKey(createSigner(1, 'n').key)),
  ],
  ['too many words', policyText.replace('quorum most', 'quorum most some')],
];
for (const [what, policy] of badPolicies) {
  test(`refuses a policy file with ${what}`, () => {
    assert.equal(refusalOf(parseLogPolicy(policy)).error.code, 'E_LOG_POLICY');
  });
}

test('names the line of a policy file', () => {
  assert.match(refusalOf(parseLogPolicy('\n\nnonsense\n')).detail, /line 3/);
});

type ProofCase = {
  readonly id: string;
  readonly proof: string;
  readonly expected: 'parses' | 'malformed' | 'accept' | 'reject';
  readonly leaf?: string;
  readonly vkey?: string;
  readonly parsed?: {
    readonly index: number;
    readonly hashes: readonly string[];
    readonly checkpoint: string;
  };
};
const proofCases =
  skipVectors === false ? (readJsonVector('notes/tlog-proofs.json') as readonly ProofCase[]) : [];

test('has tlog-proof cases to try', { skip: skipVectors }, () => {
  assert.ok(proofCases.length >= 45);
});

for (const { id, proof, expected, leaf, vkey: key, parsed } of proofCases) {
  test(`finds that the tlog-proof ${id} ${expected}`, () => {
    const value = parseTlogProof(proof);
    if (parsed !== undefined)
      assert.deepEqual(value, { ...parsed, hashes: parsed.hashes.map(fromBase64) });
    if (!isRefusal(value)) assert.equal(formatTlogProof(value), proof);
    if (leaf === undefined || key === undefined) {
      assert.equal(!isRefusal(value), expected === 'parses');
      return;
    }
    const verdict = verifyTlogProof(proof, {
      leafHash: leafHash(Buffer.from(leaf)),
      policy: { required: [key] },
    });
    assert.equal(!isRefusal(verdict), expected === 'accept');
  });
}

test('proves an entry offline, with extra data', () => {
  const left = leafHash(Buffer.from('left'));
  const checkpoint = signNoteSync(
    formatCheckpoint({ origin, size: 2, root: nodeHash(left, root) }),
    [ed, mlDsa],
  );
  const proof = { index: 1, hashes: [left], checkpoint, extra: Uint8Array.of(1, 2) };
  const written = formatTlogProof(proof);
  assert.deepEqual(parseTlogProof(written), proof);
  const verified = orThrow(verifyTlogProof(written, { leafHash: root, policy: both }));
  assert.deepEqual([verified.index, verified.checkpoint.size], [1, 2]);
  const wrong = verifyTlogProof(written, { leafHash: left, policy: both });
  assert.equal(refusalOf(wrong).error.code, 'E_LOG_PROOF');
});

const head = 'c2sp.org/tlog-proof@v1';
const badProofs: readonly [string, string][] = [
  ['nothing', ''],
  ['no checkpoint', `${head}\nindex 0\n\n`],
  ['an index with a leading zero', `${head}\nindex 00\n\nx\n`],
  ['extra after the index', `${head}\nindex 0\nextra AA==\n\nx\n`],
  ['bad extra', `${head}\nextra !\nindex 0\n\nx\n`],
  ['a short hash', `${head}\nindex 0\nAAAA\n\nx\n`],
  ['64 hashes', `${head}\nindex 0\n${`${rootText}\n`.repeat(64)}\nx\n`],
  ['another version', `${head.replace('v1', 'v2')}\nindex 0\n\nx\n`],
];
for (const [what, proof] of badProofs) {
  test(`refuses a tlog-proof with ${what}`, () => {
    assert.equal(refusalOf(parseTlogProof(proof)).error.code, 'E_LOG_FORMAT');
  });
}

test('throws RangeError when asked to format what is no proof', () => {
  assert.throws(() => formatTlogProof({ index: -1, hashes: [], checkpoint: 'x' }), RangeError);
  assert.throws(() => formatTlogProof({ index: 0, hashes: [], checkpoint: '' }), RangeError);
});

type TesseraLog = { readonly vkey: string; readonly rootBySize: Readonly<Record<string, string>> };
test('verifies every checkpoint of the Tessera log', { skip: skipVectors }, () => {
  const { vkey: key, rootBySize } = readJsonVector('tessera-log/expected.json') as TesseraLog;
  for (const [size, base64] of Object.entries(rootBySize)) {
    const note = readVector(`tessera-log/checkpoint.${size}`);
    const checkpoint = orThrow(verifyCheckpoint(note, { required: [key] }));
    assert.equal(checkpoint.size, Number(size));
    assert.deepEqual(checkpoint.root, fromBase64(base64));
    const same = { size1: checkpoint.size, size2: checkpoint.size, proof: [] };
    assert.ok(verifyConsistency({ ...same, root1: checkpoint.root, root2: fromBase64(base64) }));
    refusalOf(verifyCheckpoint(note, { required: [key, mlDsa.key] }));
  }
});
