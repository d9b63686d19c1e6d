/**
 * The cache on a Valkey or Redis server. Counters change in Lua scripts, which the server runs one
 * at a time. Commands fail fast while the server is away; the connection comes back by itself.
 */
import { Redis, type RedisOptions } from 'iovalkey';
import { SallyportError } from '../../kernel/errors.ts';
import { checkGive, checkKey, checkTake, checkTtl, checkValue } from './check.ts';
import { cacheErrors } from './errors.ts';
import type { Cache, CacheListener, CacheLog } from './types.ts';

const keyPrefix = 'sallyport:';
const commandTimeoutMs = 1_500;
const connectTimeoutMs = 2_000;
const maxReconnectDelayMs = 1_000;

const options: RedisOptions = {
  lazyConnect: true,
  keyPrefix,
  commandTimeout: commandTimeoutMs,
  connectTimeout: connectTimeoutMs,
  // Fail at once while disconnected: a queue would only grow and answer too late.
  enableOfflineQueue: false,
  maxRetriesPerRequest: 0,
  // A command sent before the loss may have run: repeating it could take twice.
  autoResendUnfulfilledCommands: false,
  retryStrategy: (attempt) => Math.min(attempt * 50, maxReconnectDelayMs),
};

/** Takes min(amount, limit - used); sets the life once. Numbers are exact to 2^53 in Lua too. */
const takeUpToScript = `
local used = tonumber(redis.call('GET', KEYS[1]) or '0')
local granted = math.min(tonumber(ARGV[1]), tonumber(ARGV[2]) - used)
if granted <= 0 then return 0 end
redis.call('INCRBY', KEYS[1], string.format('%.0f', granted))
if redis.call('PTTL', KEYS[1]) < 0 then redis.call('PEXPIRE', KEYS[1], ARGV[3]) end
return granted`;

const giveScript = `
local used = redis.call('GET', KEYS[1])
if not used then return 0 end
local rest = math.max(0, tonumber(used) - tonumber(ARGV[1]))
redis.call('INCRBY', KEYS[1], string.format('%.0f', rest - tonumber(used)))
return 0`;

type Scripted = Redis & {
  readonly takeUpTo: (
    ...call: readonly [key: string, amount: number, limit: number, ttlMs: number]
  ) => Promise<number>;
  readonly giveBack: (key: string, amount: number) => Promise<number>;
};

const unavailable = (cause: unknown): SallyportError => {
  const why = cause instanceof Error ? cause.message : 'no answer';
  return new SallyportError(cacheErrors.E_CACHE_UNAVAILABLE, `the cache did not answer: ${why}`, {
    cause,
  });
};

const asked = async <T>(work: () => Promise<T>): Promise<T> => {
  try {
    return await work();
  } catch (failure) {
    throw failure instanceof SallyportError ? failure : unavailable(failure);
  }
};

const toClientUrl = (url: string): string => url.replace(/^valkey(s?):/, 'redis$1:');

const createClient = (url: string, log: CacheLog | undefined): Redis => {
  const client = new Redis(toClientUrl(url), options);
  // Without a listener every failed reconnect would be printed.
  client.on('error', (error: Error) => {
    log?.warn({ reason: error.message }, 'the connection to the cache failed');
  });
  return client;
};

const createScripted = (client: Redis): Scripted => {
  client.defineCommand('takeUpTo', { numberOfKeys: 1, lua: takeUpToScript });
  client.defineCommand('giveBack', { numberOfKeys: 1, lua: giveScript });
  return client as Scripted;
};

const valuesOf = (client: Redis): Pick<Cache, 'get' | 'set' | 'delete'> => ({
  get: (key) =>
    asked(async () => {
      checkKey(key);
      return (await client.get(`v:${key}`)) ?? undefined;
    }),
  set: (key, value, ttlMs) =>
    asked(async () => {
      checkKey(key);
      checkValue(value);
      checkTtl(ttlMs);
      await client.set(`v:${key}`, value, 'PX', ttlMs);
    }),
  delete: (key) =>
    asked(async () => {
      checkKey(key);
      await client.del(`v:${key}`);
    }),
});

const countersOf = (client: Scripted): Pick<Cache, 'takeUpTo' | 'give' | 'taken'> => ({
  takeUpTo: (key, amount, bound) =>
    asked(async () => {
      checkKey(key);
      checkTake(amount, bound);
      return await client.takeUpTo(`c:${key}`, amount, bound.limit, bound.ttlMs);
    }),
  give: (key, amount) =>
    asked(async () => {
      checkKey(key);
      checkGive(amount);
      await client.giveBack(`c:${key}`, amount);
    }),
  taken: (key) =>
    asked(async () => {
      checkKey(key);
      return Number((await client.get(`c:${key}`)) ?? 0);
    }),
});

/** News need a connection of their own, made on the first subscription; it resubscribes by itself. */
const newsOf = (client: Redis, connect: () => Promise<Redis>) => {
  const listeners = new Map<string, Set<CacheListener>>();
  let subscriber: Promise<Redis> | undefined;
  const open = async (): Promise<Redis> => {
    const connection = await connect();
    connection.on('message', (channel: string, message: string) => {
      for (const listener of listeners.get(channel) ?? []) listener(message);
    });
    return connection;
  };
  const connected = (): Promise<Redis> => {
    subscriber ??= open().catch((failure: unknown) => {
      subscriber = undefined;
      throw failure;
    });
    return subscriber;
  };
  const subscribe: Cache['subscribe'] = (channel, listener) =>
    asked(async () => {
      checkKey(channel);
      const name = `${keyPrefix}n:${channel}`;
      const connection = await connected();
      const own: CacheListener = (message) => listener(message);
      await connection.subscribe(name);
      const group = listeners.getOrInsertComputed(name, () => new Set());
      group.add(own);
      return async () => {
        group.delete(own);
        if (group.size > 0 || listeners.get(name) !== group) return;
        listeners.delete(name);
        await connection.unsubscribe(name).catch(() => {});
      };
    });
  const publish: Cache['publish'] = (channel, message) =>
    asked(async () => {
      checkKey(channel);
      checkValue(message);
      await client.publish(`${keyPrefix}n:${channel}`, message);
    });
  const end = async (): Promise<void> => {
    listeners.clear();
    (await subscriber?.catch(() => undefined))?.disconnect();
  };
  return { subscribe, publish, end };
};

/**
 * Connects to the server.
 *
 * @throws SallyportError E_CACHE_UNAVAILABLE when it does not answer within 2 seconds
 */
export const connectValkeyCache = async (url: string, log?: CacheLog): Promise<Cache> => {
  const connect = async (): Promise<Redis> => {
    const client = createClient(url, log);
    try {
      await client.connect();
      return client;
    } catch (failure) {
      client.disconnect();
      throw unavailable(failure);
    }
  };
  const client = createScripted(await connect());
  const { end, ...news } = newsOf(client, connect);
  return {
    kind: 'valkey',
    ...valuesOf(client),
    ...countersOf(client),
    ...news,
    close: async () => {
      await end();
      await client.quit().catch(() => undefined);
      client.disconnect();
    },
  };
};
