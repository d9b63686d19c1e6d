/**
 * The control plane's HTTP interface, as the administrator of a data directory: the address the
 * server left in server.json and the token `sallyport enrol` kept in credentials.json.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export type ControlPlane = {
  /** One call: JSON as a value, all else as text; throws with the problem when it is refused. */
  readonly call: (method: 'GET' | 'PUT' | 'POST', path: string, body?: unknown) => Promise<unknown>;
};

const timeoutMs = 15_000;

const readJson = (dataDir: string, name: string): unknown =>
  JSON.parse(readFileSync(join(dataDir, name), 'utf8'));

/** Finds the running server of a data directory anew for each call. */
export const controlPlaneOf = (dataDir: string): ControlPlane => ({
  call: async (method, path, body) => {
    const { url } = readJson(dataDir, 'server.json') as { readonly url: string };
    const { servers } = readJson(dataDir, 'credentials.json') as {
      readonly servers: Readonly<Record<string, { readonly token: string }>>;
    };
    const answer = await fetch(`${url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${servers['*']?.token ?? ''}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(timeoutMs),
    });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    const isJson = (answer.headers.get('content-type') ?? '').startsWith('application/json');
    return isJson ? answer.json() : answer.text();
  },
});
