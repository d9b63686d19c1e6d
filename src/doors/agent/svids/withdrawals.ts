/** What new knowledge means for SVIDs already held: revoked ones leave at once, others are replaced. */
import type { Crl } from '../../../engines/pki/index.ts';
import { parseCertificate } from '../../../engines/pki/index.ts';
import { isRefusal } from '../../../kernel/errors.ts';
import type { Knowledge, KnowledgeChange } from '../sync/knowledge.ts';
import type { HeldSvid, SlotKey, SvidCache } from './svid-cache.ts';

const maxAhead = 20_000;

const same = (left: Uint8Array, right: Uint8Array): boolean => Buffer.compare(left, right) === 0;

/** True when one of the lists names the leaf; lists come from our server, over a proven connection. */
const isRevoked = (svid: HeldSvid, serialNumber: string, crls: readonly Crl[]): boolean => {
  const naming = crls.filter((crl) => crl.find(serialNumber) !== undefined);
  if (naming.length === 0) return false;
  // A serial number alone could be another authority's.
  const leaf = parseCertificate(svid.chain[0] ?? new Uint8Array(0));
  return !isRefusal(leaf) && naming.some((crl) => same(crl.issuer, leaf.issuer));
};

/** Goes through everything held; 10,000 SVIDs take a few hundredths of a second once their facts are read. */
const judgeAll = (cache: SvidCache, knowledge: Knowledge): void => {
  const crls = knowledge.parsedCrls().filter(({ size }) => size > 0);
  const tainted = knowledge.tainted();
  if (crls.length === 0 && tainted.size === 0) return;
  for (const key of cache.keys()) {
    const svid = cache.get(key);
    const facts = cache.facts(key);
    if (svid === undefined || facts === undefined) continue;
    if (isRevoked(svid, facts.serialNumber, crls)) cache.discard(key);
    else if (tainted.has(facts.issuerKeyId)) cache.renew(key);
  }
};

/** Applies one change, and asks ahead for the SVIDs of entries that everybody shares. */
export const withdraw = (
  { removed, put, hasNewTrust }: KnowledgeChange,
  { cache, knowledge }: { readonly cache: SvidCache; readonly knowledge: Knowledge },
): void => {
  for (const { id } of removed) for (const key of cache.keysOf(id)) cache.drop(key);
  for (const entry of put) {
    const keys = cache.keysOf(entry.id);
    for (const key of keys) {
      cache.want(entry, instanceOf(key, entry.id));
      cache.renew(key);
    }
    // Instances of groups have no name before their workload is there.
    if (keys.length === 0 && !entry.isGroup && cache.size() < maxAhead) cache.want(entry);
  }
  if (hasNewTrust) judgeAll(cache, knowledge);
};

const instanceOf = (key: SlotKey, entryId: string): string | undefined =>
  key === (entryId as SlotKey) ? undefined : key.slice(entryId.length + 1);
