/** Checks of the machine: runtime, clock, cryptography. They need no configuration. */
import { generateKeyPairSync } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import { type Check, failed, type Finding, ok } from './check.ts';

const neededMajor = 26;
const earliestSaneMs = Date.UTC(2026, 0, 1);
const latestSaneMs = Date.UTC(2100, 0, 1);

/** The checks, with runtime version and time handed in. */
export const machineChecks = (facts: {
  readonly nodeVersion: string;
  readonly nowMs: number;
}): readonly Check[] => [
  { name: 'node', run: () => checkNode(facts.nodeVersion) },
  { name: 'clock', run: () => checkClock(facts.nowMs) },
  { name: 'post-quantum TLS', run: checkTls },
  { name: 'post-quantum signatures', run: checkSignatures },
];

const checkNode = (version: string): Finding => {
  const major = Number(version.split('.', 1)[0]);
  if (major >= neededMajor) return ok(`Node ${version}`);
  return failed(
    `Node ${version} is older than ${neededMajor}`,
    'Run npm ci in the installation, or install a newer Node.',
  );
};

const checkClock = (nowMs: number): Finding => {
  const shown = new Date(nowMs).toISOString();
  if (nowMs >= earliestSaneMs && nowMs < latestSaneMs) return ok(shown);
  return failed(`the clock says ${shown}`, 'Set the clock; credentials depend on it.');
};

const checkTls = (): Finding => {
  const group = 'X25519MLKEM768';
  try {
    createSecureContext({ ecdhCurve: group, minVersion: 'TLSv1.3' });
    return ok(`key agreement ${group}`);
  } catch {
    return failed(`key agreement ${group} is missing`, 'Use the Node this project brings.');
  }
};

const checkSignatures = (): Finding => {
  try {
    generateKeyPairSync('ml-dsa-44');
    return ok('ML-DSA-44');
  } catch {
    return failed('ML-DSA-44 is missing', 'Use the Node this project brings.');
  }
};
