/**
 * One data key per subject, wrapped by the key store, found in the log by a random pseudonym.
 * Erasure overwrites the wrapped key and forgets whose it was; a tombstone stays, so that "erased"
 * can be told from "never existed".
 */
import { setTimeout as delay } from 'node:timers/promises';
import { type Kysely, sql } from 'kysely';
import { encodeBase64Url } from '../../../kernel/base64url.ts';
import type { Clock, Random } from '../../../kernel/effects.ts';
import type { Secret } from '../../../kernel/secret.ts';
import type { KeyStore } from '../../../platform/keys/index.ts';
import type { Storage } from '../../../platform/storage/index.ts';
import type { LedgerTables } from '../schema.ts';

export type SubjectKey = {
  readonly pseudonym: string;
  readonly version: number;
  readonly secret: Secret<Uint8Array>;
};

export type SubjectKeys = {
  /** The subject's key; made when there is none. */
  readonly keyFor: (subject: string) => Promise<SubjectKey>;
  /** The key behind a pseudonym; undefined when it was erased or never existed. */
  readonly open: (pseudonym: string) => Promise<SubjectKey | undefined>;
  /** Destroys the subject's key for good; its pseudonym, undefined when it had none. */
  readonly erase: (subject: string) => Promise<string | undefined>;
};

export type SubjectKeysOptions = {
  readonly storage: Storage;
  readonly keys: Pick<KeyStore, 'generateDataKey' | 'unwrap'>;
  /** Name of the wrapping key. */
  readonly keyName: string;
  readonly clock: Clock;
  readonly random: Random;
};

const pseudonymBytes = 18;
/** How long another node may go on using a key that was erased elsewhere. */
const cacheMs = 60_000;
const maxCached = 10_000;
const overwriteBytes = 256;
const journalAttempts = 100;
const journalRetryMs = 20;

type Row = { pseudonym: string; version: number; wrapped: Uint8Array };
type Cached = { readonly key: SubjectKey; readonly untilMs: number };

const findRow = (db: Kysely<LedgerTables>, subject: string): Promise<Row | undefined> =>
  db
    .selectFrom('subject_keys')
    .select(['pseudonym', 'version', 'wrapped'])
    .where('subject', '=', subject)
    .executeTakeFirst();

const createRow = async (options: SubjectKeysOptions, subject: string): Promise<Row> => {
  const { keys, keyName, random, clock } = options;
  const db = options.storage.database<LedgerTables>();
  const { wrapped, plaintext } = await keys.generateDataKey(keyName);
  plaintext.wipe();
  const pseudonym = encodeBase64Url(random.bytes(pseudonymBytes));
  await db
    .insertInto('subject_keys')
    .values({
      pseudonym,
      subject,
      version: 1,
      wrapped,
      created_at_ms: clock.nowMs(),
      erased_at_ms: null,
    })
    .onConflict((conflict) => conflict.column('subject').doNothing())
    .execute();
  // Another node may have been first; its key is the one.
  const row = await findRow(db, subject);
  if (row === undefined) throw new Error('a subject key vanished while it was made');
  return row;
};

/** Whoever is at the journal right now, in another thread or process, is waited for. */
const emptyJournal = async (db: Kysely<LedgerTables>): Promise<void> => {
  for (let attempt = 0; attempt < journalAttempts; attempt++) {
    const { rows } = await sql<{ busy: number }>`pragma wal_checkpoint(truncate)`.execute(db);
    if (rows[0]?.busy !== 1) return;
    await delay(journalRetryMs);
  }
};

/**
 * Overwrites before it deletes, so that the old bytes do not stay in a free page. The database's
 * own journal is emptied too where the engine lets us; backups are beyond reach.
 */
const destroyRow = async (options: SubjectKeysOptions, pseudonym: string): Promise<void> => {
  const db = options.storage.database<LedgerTables>();
  const { random, clock, storage } = options;
  const update = (wrapped: Uint8Array, erased: number | null): Promise<unknown> =>
    db
      .updateTable('subject_keys')
      .set({ wrapped, erased_at_ms: erased })
      .where('pseudonym', '=', pseudonym)
      .execute();
  if (storage.kind === 'sqlite') await sql`pragma secure_delete = on`.execute(db);
  await update(random.bytes(overwriteBytes), null);
  await update(new Uint8Array(0), clock.nowMs());
  await db
    .updateTable('subject_keys')
    .set({ subject: null })
    .where('pseudonym', '=', pseudonym)
    .execute();
  if (storage.kind === 'sqlite') await emptyJournal(db);
  else await sql`vacuum subject_keys`.execute(db);
};

/** The keys of all subjects, with a small cache of opened ones. */
export const createSubjectKeys = (options: SubjectKeysOptions): SubjectKeys => {
  const { storage, keys, keyName, clock } = options;
  const db = storage.database<LedgerTables>();
  const cache = new Map<string, Cached>();
  const loading = new Map<string, Promise<SubjectKey>>();

  const openRow = async (row: Row): Promise<SubjectKey> => ({
    pseudonym: row.pseudonym,
    version: row.version,
    secret: await keys.unwrap(keyName, row.wrapped),
  });
  const load = async (subject: string): Promise<SubjectKey> => {
    const row = (await findRow(db, subject)) ?? (await createRow(options, subject));
    return openRow(row);
  };
  const remember = (subject: string, key: SubjectKey): void => {
    const [oldest] = cache.keys();
    if (cache.size >= maxCached && oldest !== undefined) cache.delete(oldest);
    cache.set(subject, { key, untilMs: clock.monotonicMs() + cacheMs });
  };

  return {
    keyFor: (subject) => {
      const cached = cache.get(subject);
      if (cached !== undefined && cached.untilMs > clock.monotonicMs())
        return Promise.resolve(cached.key);
      const known = loading.get(subject);
      if (known !== undefined) return known;
      const loaded = load(subject).then((key) => {
        // An erasure meanwhile has taken the entry away: then the key is not kept.
        if (loading.get(subject) === loaded) remember(subject, key);
        return key;
      });
      loading.set(subject, loaded);
      const settle = (): void => {
        if (loading.get(subject) === loaded) loading.delete(subject);
      };
      void loaded.then(settle, settle);
      return loaded;
    },
    open: async (pseudonym) => {
      const row = await db
        .selectFrom('subject_keys')
        .select(['pseudonym', 'version', 'wrapped', 'erased_at_ms'])
        .where('pseudonym', '=', pseudonym)
        .executeTakeFirst();
      if (row === undefined || row.erased_at_ms !== null) return undefined;
      return openRow(row);
    },
    erase: async (subject) => {
      const row = await findRow(db, subject);
      if (row !== undefined) await destroyRow(options, row.pseudonym);
      // Not wiped: whoever holds the key right now must not seal under zeroes instead.
      loading.delete(subject);
      cache.delete(subject);
      return row?.pseudonym;
    },
  };
};
