/** Where the foreign vectors of transparency logs are. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const directory = join(
  process.env.SALLYPORT_VECTORS ?? join(import.meta.dirname, '../../../../shared/vectors'),
  'ledger',
);

/** For the `skip` option of a test: false, or loudly why not. */
export const skipVectors: false | string = existsSync(directory)
  ? false
  : `no ${directory}: set SALLYPORT_VECTORS`;

export const readVector = (path: string): Uint8Array => readFileSync(join(directory, path));

/** A JSON vector; the caller knows its shape. */
export const readJsonVector = (path: string): unknown =>
  JSON.parse(readFileSync(join(directory, path), 'utf8'));

export const fromBase64 = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'base64'));
