/**
 * A workload that calls a model: over TLS 1.3 with an SVID, with a bearer credential, or with
 * nothing at all. Every outcome is a value, a refused handshake too.
 */
import { existsSync, readFileSync } from 'node:fs';
import { request as httpsRequest } from 'node:https';
import { join } from 'node:path';
import type { PeerCertificate } from 'node:tls';

export type Workload = {
  /** Directory with svid.pem, svid-key.pem and bundle.pem. */
  readonly directory: string;
};
export type Call = {
  readonly port: number;
  /** SPIFFE ID the server must prove. */
  readonly server: string;
  readonly path: string;
  /** Whose bundle the server is checked against; also the certificate shown, unless `isNameless`. */
  readonly workload: Workload;
  readonly isNameless?: boolean;
  readonly bearer?: string;
  readonly body: unknown;
};
export type Outcome = {
  /** HTTP status; 0 when there was no answer. */
  readonly status: number;
  readonly body: unknown;
  /** Code of the problem document, or of the connection error. */
  readonly code: string;
};

const timeoutMs = 10_000;

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
};

const codeOf = (body: unknown): string => {
  const { code } = (body ?? {}) as { readonly code?: unknown };
  return typeof code === 'string' ? code : '';
};

/** SPIFFE names workloads, not hosts: the server is who its certificate says, wherever it runs. */
const provesId =
  (wanted: string) =>
  (_host: string, { subjectaltname }: PeerCertificate): Error | undefined =>
    (subjectaltname ?? '').split(', ').includes(`URI:${wanted}`)
      ? undefined
      : new Error(`the server is not ${wanted} but ${subjectaltname ?? 'nobody'}`);

/** Makes one POST; never rejects. */
export const call = (made: Call): Promise<Outcome> => {
  const { port, path, workload, isNameless, bearer, body } = made;
  const read = (name: string): Buffer => readFileSync(join(workload.directory, name));
  // The agent keeps certificate and key in one file too, so that nobody reads halves of two.
  const combined = existsSync(join(workload.directory, 'svid-combined.pem'));
  const [cert, key] = (
    combined ? ['svid-combined.pem', 'svid-combined.pem'] : ['svid.pem', 'svid-key.pem']
  ).map(read);
  const shown = isNameless ? {} : { cert, key };
  const payload = JSON.stringify(body);
  const headers = {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(payload),
    ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
  };
  return new Promise((resolve) => {
    const fail = (error: NodeJS.ErrnoException): void =>
      resolve({ status: 0, body: undefined, code: error.code ?? error.message });
    const outgoing = httpsRequest(
      {
        host: '127.0.0.1',
        port,
        path,
        method: 'POST',
        headers,
        ...shown,
        ca: read('bundle.pem'),
        checkServerIdentity: provesId(made.server),
        minVersion: 'TLSv1.3',
        agent: false,
        timeout: timeoutMs,
      },
      (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.on('error', fail);
        answer.on('end', () => {
          const answered = parse(Buffer.concat(chunks).toString());
          resolve({ status: answer.statusCode ?? 0, body: answered, code: codeOf(answered) });
        });
      },
    );
    outgoing.on('error', fail);
    outgoing.on('timeout', () => outgoing.destroy(new Error('timeout')));
    outgoing.end(payload);
  });
};
