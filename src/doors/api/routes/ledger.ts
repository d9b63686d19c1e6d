/** The transparency log: entries, proofs, and the published log as C2SP tlog-tiles. */
import { z } from 'zod';
import { refuse } from '../../../kernel/errors.ts';
import { rawResponse } from '../../../platform/http/index.ts';
import type { ApiDeps, RegisterRoutes } from '../deps.ts';
import { apiErrors } from '../errors.ts';
import { theSystem } from '../resources.ts';
import { compact, count } from '../schemas.ts';
import { ledgerEntry, ledgerFilters, ledgerRow } from './ledger-shapes.ts';

const byIndex = z.object({ index: count(0, Number.MAX_SAFE_INTEGER) });
const maxNoteLength = 64 * 1024;
const plainText = 'text/plain; charset=utf-8';
const immutable = 'private, max-age=31536000, immutable';

export const registerLedger: RegisterRoutes = (app, deps) => {
  registerEntries(app, deps);
  registerDuties(app, deps);
  registerPublished(app, deps);
};

const registerEntries: RegisterRoutes = (app, { ledger }) => {
  app.route({
    method: 'GET',
    url: '/api/v1/ledger/entries',
    guard: { action: 'ledger:read', resource: theSystem },
    summary: 'Index rows of entries, newest first',
    schema: {
      query: ledgerFilters.extend({ decision: z.enum(['allow', 'deny']).optional() }),
      response: z.object({ size: z.number(), entries: z.array(ledgerRow) }),
    },
    handler: async ({ query }) => ({
      entries: await ledger.query(compact(query)),
      size: ledger.size(),
    }),
  });
  app.route({
    method: 'GET',
    url: '/api/v1/ledger/entries/:index',
    guard: { action: 'ledger:read', resource: theSystem },
    summary: 'One entry, personal fields sealed',
    schema: { params: byIndex, response: ledgerEntry },
    handler: ({ params }) => ledger.read(params.index),
  });
  app.route({
    method: 'GET',
    url: '/api/v1/ledger/entries/:index/proof',
    guard: { action: 'ledger:prove', resource: theSystem },
    summary: 'Inclusion proof of an entry (C2SP tlog-proof)',
    schema: { params: byIndex, response: rawResponse(plainText, 'tlog-proof@v1') },
    handler: ({ params }) => ledger.proveInclusion(params.index),
  });
};

const registerDuties: RegisterRoutes = (app, { ledger }) => {
  app.route({
    method: 'POST',
    url: '/api/v1/ledger/cosignatures',
    guard: { action: 'system:admin', resource: theSystem },
    summary: 'Add cosignatures of configured witnesses to a published checkpoint',
    schema: {
      body: z.strictObject({ note: z.string().max(maxNoteLength) }),
      response: z.object({ accepted: z.literal(true) }),
    },
    handler: async ({ body }) => {
      await ledger.addCosignature(body.note);
      return { accepted: true as const };
    },
  });
  app.route({
    method: 'POST',
    url: '/api/v1/ledger/erasures',
    guard: { action: 'system:admin', resource: theSystem },
    summary: 'Make the personal fields of a subject unreadable for good; the log stays verifiable',
    schema: {
      body: z.strictObject({ subject: z.string().min(1).max(512) }),
      response: z.object({ erased: z.literal(true) }),
    },
    handler: async ({ body }) => {
      await ledger.eraseSubject(body.subject);
      return { erased: true as const };
    },
  });
};

const registerPublished: RegisterRoutes = (app, deps) => {
  app.route({
    method: 'GET',
    url: '/ledger/checkpoint',
    guard: { public: 'size, root hash and signatures are meant to be kept by others' },
    summary: 'The published checkpoint (C2SP tlog-checkpoint)',
    schema: { response: rawResponse(plainText, 'signed note') },
    handler: () => published(deps, 'checkpoint'),
  });
  app.route({
    method: 'GET',
    url: '/ledger/tile/*',
    guard: { action: 'ledger:read', resource: theSystem },
    summary: 'A tile or entry bundle (C2SP tlog-tiles)',
    schema: {
      params: z.object({ '*': z.string().max(128) }),
      response: rawResponse('application/octet-stream', 'hashes or entries'),
    },
    handler: async ({ params, setHeader }) => {
      const path = params['*'];
      if (!isTilePath(path)) return noTile(path);
      const tile = await published(deps, `tile/${path}`);
      // A full tile never changes; a partial one may vanish once the full one exists.
      if (tile instanceof Uint8Array) setHeader('cache-control', immutable);
      return tile;
    },
  });
};

const published = async ({ readPublished }: ApiDeps, path: string) =>
  (await readPublished(path)) ?? noTile(path);

const noTile = (path: string) =>
  refuse(apiErrors.E_API_TILE_UNKNOWN, `${JSON.stringify(path)} is not published`);

/** `<level or entries>/[xNNN/]…NNN[.p/W]`; nothing else ever reaches the file system. */
const isTilePath = (path: string): boolean => {
  const [kind = '', ...rest] = path.split('/');
  const isKind = kind === 'entries' || /^(0|[1-9]\d?)$/.test(kind);
  if (!isKind || rest.length === 0) return false;
  const isPartial = rest.at(-2)?.endsWith('.p') === true;
  const groups = isPartial ? [...rest.slice(0, -2), (rest.at(-2) ?? '').slice(0, -2)] : rest;
  const width = isPartial ? (rest.at(-1) ?? '') : '1';
  const last = groups.length - 1;
  return (
    /^[1-9]\d{0,2}$/.test(width) &&
    groups.every((group, i) => (i === last ? /^\d{3}$/ : /^x\d{3}$/).test(group))
  );
};
