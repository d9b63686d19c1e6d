/**
 * A state as files for programs that read files: certificates, key, anchors, revocations; each is
 * replaced atomically. The combined file changes certificate and key in one step.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { encodePem } from '../../../engines/pki/index.ts';
import { writeFileAtomic } from '../../../platform/files/index.ts';
import type { X509Identity } from '../../workload-api/index.ts';
import type { SvidState } from './svid-state.ts';

type File = readonly [name: string, content: string, mode: number];

/** The default identity has no number in its names, the others have 1, 2, … */
const filesOf = ({ chain, privateKey }: X509Identity, at: number): readonly File[] => {
  const number = at === 0 ? '' : `.${at}`;
  const certificates = chain.map((der) => encodePem('CERTIFICATE', der)).join('');
  const key = encodePem('PRIVATE KEY', privateKey.reveal());
  return [
    [`svid-combined${number}.pem`, `${certificates}${key}`, 0o600],
    [`svid-key${number}.pem`, key, 0o600],
    [`svid${number}.pem`, certificates, 0o644],
  ];
};

const trustFiles = ({ bundles, crls }: SvidState): readonly File[] => [
  [
    'bundle.pem',
    [...bundles.values()]
      .flatMap(({ x509Authorities }) => x509Authorities)
      .map(({ certificate }) => encodePem('CERTIFICATE', certificate.raw))
      .join(''),
    0o644,
  ],
  ['crl.pem', crls.map((der) => encodePem('X509 CRL', der)).join(''), 0o644],
];

/** Writes all files of a state into a directory; returns their paths, sorted. */
export const writeSvidState = async (
  directory: string,
  state: SvidState,
): Promise<readonly string[]> => {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const files = [...trustFiles(state), ...state.identities.flatMap(filesOf)];
  for (const [name, content, mode] of files)
    await writeFileAtomic(join(directory, name), content, { mode });
  return files.map(([name]) => join(directory, name)).sort();
};
