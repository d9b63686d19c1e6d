/**
 * The price of identities on one core: X.509-SVIDs from certificate requests and for keys proven
 * before, tokens, and revocation lists of 100,000 entries. Rates are per second of processor time,
 * beside those of the bare signatures in the same run. `--short` makes fewer.
 */
import { generateKeyPairSync, type KeyObject, randomBytes, sign, verify } from 'node:crypto';
import {
  assembleCertificate,
  authorityToSign,
  type Certificate,
  createCertificateRequest,
  createCrlIssuer,
  createSvidIssuer,
  isRefusal,
  parseCertificate,
  parseCertificateRequest,
  parseCrl,
  parsePublicKeyInfo,
  parseSpiffeId,
  parseTrustDomain,
  type PublicKeyInfo,
  RevocationList,
  ReplayCache,
  signJwtSvid,
  signWitSvid,
  signWorkloadProof,
  toSerial,
  toX509Authority,
  validateX509Svid,
  verifyWitPresentation,
} from '../src/engines/pki/index.ts';
import { systemClock } from '../src/kernel/effects.ts';
import { orThrow } from '../src/kernel/errors.ts';
import { isShort, report } from './harness/report.ts';

const rounds = isShort() ? 1000 : 8000;
const repeats = isShort() ? 2 : 4;
const workloads = 256;
const revoked = 100_000;
const hourMs = 3_600_000;
const nowMs = Date.now();

type Pair = {
  readonly info: PublicKeyInfo;
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
};

const newPair = (): Pair => {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const spki = publicKey.export({ format: 'der', type: 'spki' });
  return { info: orThrow(parsePublicKeyInfo(spki)), publicKey, privateKey };
};

const cpuSeconds = (step: (n: number) => unknown, count: number): number => {
  const start = process.cpuUsage();
  for (let n = 0; n < count; n++) step(n);
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1e6;
};

/** Steps per second of processor time: the best of several runs, since others share the machine. */
const rateOf = (step: (n: number) => unknown, count = rounds): number => {
  cpuSeconds(step, count / 4);
  const runs = Array.from({ length: repeats }, () => count / cpuSeconds(step, count));
  return Math.max(...runs);
};

/** Milliseconds of processor time of one step. */
const costOf = (step: (n: number) => unknown, count: number): number => 1000 / rateOf(step, count);

const pick = <T>(list: readonly T[], n: number): T => {
  const item = list[n % list.length];
  if (item === undefined) throw new Error('empty list');
  return item;
};

const trustDomain = orThrow(parseTrustDomain('bench.example'));
const root = newPair();
const makeRoot = (): Certificate => {
  const toSign = authorityToSign({
    trustDomain,
    name: 'Bench',
    publicKey: root.info,
    serial: toSerial(randomBytes(16)),
    pathLength: 0,
    notBeforeMs: nowMs - hourMs,
    notAfterMs: nowMs + 24 * hourMs,
  });
  const der = assembleCertificate(toSign, sign('sha256', toSign, root.privateKey));
  return orThrow(parseCertificate(der));
};
const authority = makeRoot();
const signByRoot = (data: Uint8Array): Uint8Array => sign('sha256', data, root.privateKey);

const pairs = Array.from({ length: workloads }, newPair);
const spiffeIds = pairs.map((_, i) =>
  orThrow(parseSpiffeId(`spiffe://${trustDomain}/train/job-7/worker-${i}`)),
);
const requests = pairs.map(({ info, privateKey }, i) =>
  createCertificateRequest({
    spki: info.spki,
    sign: (data) => sign('sha256', data, privateKey),
    spiffeId: pick(spiffeIds, i),
  }),
);
const issue = createSvidIssuer(authority, signByRoot);
const leafFor = (publicKey: PublicKeyInfo, n: number): Uint8Array =>
  orThrow(
    issue({
      spiffeId: pick(spiffeIds, n),
      publicKey,
      serial: toSerial(randomBytes(16)),
      notBeforeMs: nowMs - 10_000,
      notAfterMs: nowMs + hourMs,
    }),
  );

const message = randomBytes(400);
const signature = signByRoot(message);
const bareSign = rateOf(() => signByRoot(message));
const bareVerify = rateOf(() => verify('sha256', message, root.publicKey, signature));
const bareBoth = 1 / (1 / bareSign + 1 / bareVerify);
const perSecond = '/s';

report({
  name: 'X.509-SVID from a request, possession checked, one core',
  value: rateOf((n) => leafFor(orThrow(parseCertificateRequest(pick(requests, n))).publicKey, n)),
  unit: perSecond,
  baseline: bareBoth,
  bound: { of: 'value', atLeast: 6000 },
});
report({
  name: 'X.509-SVID for a proven key, one core',
  value: rateOf((n) => leafFor(pick(pairs, n).info, n)),
  unit: perSecond,
  baseline: bareSign,
  bound: { of: 'value', atLeast: 15_000 },
});

const jwtSigner = { algorithm: 'ES256', kid: 'bench', privateKey: root.privateKey } as const;
report({
  name: 'JWT-SVID, one core',
  value: rateOf((n) =>
    signJwtSvid(
      {
        spiffeId: pick(spiffeIds, n),
        audience: ['spiffe://bench.example/server'],
        issuedAtMs: nowMs,
        expiresAtMs: nowMs + 300_000,
        id: `id-${n}`,
      },
      jwtSigner,
    ),
  ),
  unit: perSecond,
  baseline: bareSign,
});

const wits = pairs.map(({ publicKey }, i) =>
  signWitSvid(
    {
      spiffeId: pick(spiffeIds, i),
      confirmation: { key: publicKey, algorithm: 'ES256' },
      expiresAtMs: nowMs + hourMs,
    },
    jwtSigner,
  ),
);
const bundle = {
  trustDomain,
  x509Authorities: [orThrow(toX509Authority(authority))],
  jwtAuthorities: [],
  witAuthorities: [{ kid: 'bench', key: root.publicKey }],
};
const audience = 'https://api.bench.example';
const presentations = Array.from({ length: rounds }, (_, n) => ({
  token: pick(wits, n),
  proof: signWorkloadProof(
    { wit: pick(wits, n), audience, expiresAtMs: nowMs + hourMs, id: `proof-${n}` },
    { algorithm: 'ES256', privateKey: pick(pairs, n).privateKey },
  ),
}));
const presentAll = (): number => {
  const replays = new ReplayCache({ capacity: rounds, windowMs: 2 * hourMs, clock: systemClock });
  const policy = { bundleOf: () => bundle, nowMs, audiences: [audience], replays };
  return cpuSeconds((n) => orThrow(verifyWitPresentation(pick(presentations, n), policy)), rounds);
};
report({
  name: 'WIT-SVID and its proof verified, one core',
  value: rounds / Math.min(...Array.from({ length: repeats }, presentAll)),
  unit: perSecond,
  baseline: bareVerify / 2,
});

const newSerial = (): string => Buffer.from(toSerial(randomBytes(16))).toString('hex');
const list = new RevocationList();
for (let n = 0; n < revoked; n++)
  list.add({ serialNumber: newSerial(), revokedAtMs: nowMs, reason: 'keyCompromise' });
const issueCrl = createCrlIssuer(authority, signByRoot);
let number = 0;
const reissue = (): Uint8Array => {
  list.add({ serialNumber: newSerial(), revokedAtMs: nowMs });
  number += 1;
  return orThrow(
    issueCrl(list, { number, thisUpdateMs: nowMs - 1000, nextUpdateMs: nowMs + hourMs }),
  );
};
reissue();
report({
  name: 'one more revocation and a new list of 100,000',
  value: costOf(reissue, 10),
  unit: 'ms',
  bound: { of: 'value', atMost: 100 },
});
const crlDer = reissue();
report({
  name: 'reading a list of 100,000 and checking its signature',
  value: costOf(() => orThrow(parseCrl(crlDer)).isSignedBy(authority), 10),
  unit: 'ms',
  bound: { of: 'value', atMost: 100 },
});

const crl = orThrow(parseCrl(crlDer));
const chains = pairs.map(({ info }, n) => [leafFor(info, n)]);
const policy = { bundleOf: () => bundle, nowMs };
const validate = (n: number, crls: readonly (typeof crl)[]): void => {
  const verdict = validateX509Svid(pick(chains, n), { ...policy, crls });
  if (isRefusal(verdict)) throw new Error(verdict.detail);
};
const plain = rateOf((n) => validate(n, []));
report({
  name: 'validations against a list of 100,000, one core',
  value: rateOf((n) => validate(n, [crl])),
  unit: perSecond,
  baseline: plain,
  bound: { of: 'ratio', atLeast: 0.8 },
});
