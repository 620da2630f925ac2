import { setTimeout as sleep } from "node:timers/promises";
import { createAddressTable, type AddressTable } from "../chain/addressTable.ts";
import type { Address, BlockHeader, ChainLog, Hash } from "../chain/types.ts";
import type { Clock } from "../lib/clock.ts";
import { bloomKey, bloomOf, mayContain, type Bloom, type BloomKey } from "./bloom.ts";
import type { Asking } from "./headers.ts";
import { createLogQuery, type DecodedFrames } from "./logQuery.ts";
import type { NoticedLogs } from "./noticedLogs.ts";

/**
 * The logs of a block, proven complete or named as not. The rule, cheapest first:
 * 1. the header's bloom has none of our pools (false positives only): complete, nothing to ask;
 * 2. `eth_getLogs` by block hash, checked against hash, bloom and what the subscription told: complete;
 * 3. no such answer in time: what the subscription told, and every pool that the bloom may name is tainted.
 * The subscription alone never proves: it does not say when it is through.
 */
export interface BlockLogs {
  /** The pools from now on. */
  watch(pools: readonly Address[]): void;
  watches(pool: Address, topic: Hash | undefined): boolean;
  /** The pools that are watched, by their place in the list. */
  readonly pools: AddressTable;
  /** For `eth_subscribe`. */
  filter(): LogFilter;
  /** Rejects with `RetryableError` when the connection is lost. */
  of(node: Asking, block: BlockHeader): Promise<ProvenLogs>;
  readonly stats: Readonly<BlockLogsStats>;
  /** Answers to `eth_getLogs`. */
  readonly answers: Readonly<DecodedFrames>;
}

export interface ProvenLogs {
  /** Of known pools and watched topics, in the order of `logIndex`. */
  readonly logs: readonly ChainLog[];
  readonly tainted: readonly Address[];
}

export interface LogFilter {
  readonly topics: readonly [readonly Hash[]];
  readonly address?: readonly Address[];
}

export interface BlockLogsOptions {
  /** First topics of the events that change a pool. */
  readonly topics: readonly Hash[];
  /** Longer address lists are left out of filters; the node then filters by topics and we by address. */
  readonly maxAddresses: number;
  /** Time to prove a block. */
  readonly proofMs: number;
}

interface BlockLogsParts {
  readonly clock: Clock;
  readonly noticed: NoticedLogs;
}

interface BlockLogsStats {
  /** Blocks proven by bloom alone, by answer, not at all. */
  byBloom: number;
  byAnswer: number;
  unproven: number;
  /** Answers that were refused: wrong block, unreadable, against the bloom. */
  refused: number;
  /** Logs that the subscription told and the proof lacked. */
  contradicted: number;
}

const FIRST_RETRY_MS = 20;

export function createBlockLogs(options: BlockLogsOptions, parts: BlockLogsParts): BlockLogs {
  const topics = new Set(options.topics);
  const topicKeys = options.topics.map(bloomKey);
  let pools = new Map<Address, BloomKey>();
  const table = createAddressTable();
  const logQuery = createLogQuery({ topics: options.topics, pools: table });
  const stats: BlockLogsStats = { byBloom: 0, byAnswer: 0, unproven: 0, refused: 0, contradicted: 0 };

  const filterFor = (addresses: readonly Address[]): LogFilter =>
    addresses.length > options.maxAddresses
      ? { topics: [options.topics] }
      : { topics: [options.topics], address: addresses };

  const watches = (pool: Address, topic: Hash | undefined): boolean =>
    topic !== undefined && topics.has(topic) && pools.has(pool);

  const honest = (bloom: Bloom, logs: Proof): Proof => {
    const ours = logs?.filter(({ topics: [topic] }) => topic !== undefined && topics.has(topic)) ?? null;
    const may = ours?.every(({ address }) => mayContain(bloom, pools.get(address) ?? bloomKey(address)));
    return may === true ? ours : null;
  };

  const prove = async (node: Asking, block: BlockHeader, touched: Touched): Promise<Proof> => {
    const deadline = parts.clock.monotonic() + options.proofMs;
    const query = { ...filterFor(touched.pools), blockHash: block.hash };
    for (let wait = FIRST_RETRY_MS; ; wait *= 2) {
      const timeoutMs = Math.ceil(deadline - parts.clock.monotonic());
      if (timeoutMs <= 0) return null;
      const logs = honest(touched.bloom, await logQuery.ask(node, block, { query, timeoutMs }));
      if (logs !== null) return logs;
      stats.refused++;
      await sleep(Math.min(wait, Math.max(0, deadline - parts.clock.monotonic())));
    }
  };

  const settle = (block: BlockHeader, touched: Touched, proven: Proof): ProvenLogs => {
    const told = parts.noticed.of(block.hash).filter((log) => watches(log.address, log.topics[0]));
    if (proven === null) {
      stats.unproven++;
      return { logs: told, tainted: touched.pools };
    }
    if (touched.pools.length > 0) stats.byAnswer++;
    else stats.byBloom++;
    const indexes = new Set(proven.map(({ logIndex }) => logIndex));
    const missing = told.filter(({ logIndex }) => !indexes.has(logIndex));
    stats.contradicted += missing.length;
    return { logs: proven, tainted: [...new Set(missing.map(({ address }) => address))] };
  };

  return {
    watch: (addresses) => {
      pools = new Map(addresses.map((address) => [address, pools.get(address) ?? bloomKey(address)]));
      fill(table, addresses);
    },
    watches,
    pools: table,
    filter: () => filterFor([...pools.keys()]),
    of: async (node, block) => {
      const bloom = bloomOf(block.logsBloom);
      const touched = { bloom, pools: touchedPools(bloom, pools, topicKeys) };
      return settle(block, touched, touched.pools.length > 0 ? await prove(node, block, touched) : []);
    },
    stats,
    answers: logQuery.stats,
  };
}

function fill(table: AddressTable, addresses: readonly Address[]): void {
  table.clear();
  for (const [id, address] of addresses.entries()) table.set(address, id);
}

/** In the order of `logIndex`; null: not proven. */
type Proof = readonly ChainLog[] | null;

interface Touched {
  readonly bloom: Bloom;
  readonly pools: readonly Address[];
}

function touchedPools(
  bloom: Bloom,
  pools: ReadonlyMap<Address, BloomKey>,
  topics: readonly BloomKey[],
): readonly Address[] {
  if (!topics.some((topic) => mayContain(bloom, topic))) return [];
  const touched: Address[] = [];
  for (const [address, key] of pools) if (mayContain(bloom, key)) touched.push(address);
  return touched;
}
