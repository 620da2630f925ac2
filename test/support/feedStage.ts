import { vi } from "vitest";
import { z } from "zod";
import type { Address, Hash, Pool } from "../../src/chain/types.ts";
import type { V2State } from "../../src/amm/poolState.ts";
import type { FeedEvent } from "../../src/engine/events.ts";
import { createFeed, feedDefaults, type Feed, type FeedOptions } from "../../src/feed/feed.ts";
import type { PoolLoader } from "../../src/feed/poolLoader.ts";
import { createRpcSocket, rpcSocketDefaults, type RpcSocket } from "../../src/feed/rpcSocket.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { silentLog } from "../../src/lib/log.ts";
import { createFakeChain, SYNC, type FakeBlock, type FakeChain } from "./feedChain.ts";
import { startFakeNode, type FakeNode } from "./feedNode.ts";
import { createFeedReader, type FeedReader } from "./feedReader.ts";
import { seededRandom } from "./feedRandom.ts";
import { PATIENT } from "./patience.ts";

/** A fake node, a feed that follows it, and a reader that checks every event. */
export interface FeedStage {
  readonly chain: FakeChain;
  readonly node: FakeNode;
  readonly feed: Feed;
  readonly socket: RpcSocket;
  readonly reader: FeedReader;
  /** Settles when the feed ends. */
  readonly running: Promise<void>;
  readonly mine: (touched?: number) => FakeBlock;
  /** Replaces the last blocks by others, `length` of them (default: one more). */
  readonly reorg: (depth: number, options: { removed: boolean; length?: number }) => void;
  /** The reader stands where the chain stands, and holds what the chain holds. */
  readonly inStep: () => boolean;
  /** Loaded, and listening to logs. */
  readonly ready: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

export interface StageOptions {
  readonly seed: number;
  readonly pools?: number;
  readonly feed?: Partial<FeedOptions>;
  /** Called after the reader. */
  readonly onEvent?: (event: FeedEvent) => void;
}

const addressedPool = (address: Address): Pool => ({
  address,
  kind: "v2",
  dex: "fake",
  token0: "0x0000000000000000000000000000000000000001",
  token1: "0x0000000000000000000000000000000000000002",
});

const reservesSchema = z.record(z.string(), z.string());

/** Reads through the same socket as the feed, so that node failures hit it too. */
export function createFakeLoader(chain: FakeChain, socket: RpcSocket): PoolLoader {
  const states = async (hash: Hash): Promise<Map<Address, V2State>> => {
    const answer = reservesSchema.parse(await socket.request("test_reserves", [hash]));
    return new Map(
      chain.pools.map((pool) => {
        const data = answer[pool] ?? "";
        const reserve0 = BigInt(`0x${data.slice(2, 66)}`);
        const reserve1 = BigInt(`0x${data.slice(66)}`);
        return [pool, { kind: "v2", feePpm: 3000, reserve0, reserve1 }];
      }),
    );
  };
  return {
    load: async (block) =>
      [...(await states(block.hash))].map(([address, state]) => ({ pool: addressedPool(address), state })),
    read: async (addresses, hash) => {
      const all = await states(hash);
      return addresses.flatMap((address) => {
        const state = all.get(address);
        return state === undefined ? [] : [{ address, state }];
      });
    },
    nextFees: () => Promise.resolve([]),
  };
}

export async function startStage({
  seed,
  pools = 20,
  feed: given = {},
  onEvent,
}: StageOptions): Promise<FeedStage> {
  const clock = systemClock;
  const chain = createFakeChain(seed, pools, () => clock.now());
  const node = await startFakeNode(chain, seed);
  const reader = createFeedReader();
  const socket = createRpcSocket(
    { ...rpcSocketDefaults, url: node.url },
    { clock, log: silentLog, random: seededRandom(seed) },
  );
  const loader = createFakeLoader(chain, socket);
  const feed = createFeed(
    { ...feedDefaults, chainId: 137, topics: [SYNC], ...given },
    {
      socket,
      loader,
      clock,
      log: silentLog,
      onEvent: (event) => {
        reader.onEvent(event);
        onEvent?.(event);
      },
    },
  );
  const stopping = new AbortController();
  const running = feed.run(stopping.signal);
  // A test that expects the end awaits `running` itself.
  running.catch(() => undefined);
  const inStep = (): boolean =>
    reader.head?.hash === chain.tip.hash &&
    !reader.blind &&
    chain.pools.every((pool) => reader.reserves.get(pool) === chain.tip.reserves.get(pool));
  return {
    chain,
    node,
    feed,
    socket,
    reader,
    running,
    mine: (touched) => {
      const block = chain.extend(touched === undefined ? {} : { touched });
      node.announce(block);
      return block;
    },
    reorg: (depth, { removed, length = depth + 1 }) => {
      const old = Array.from({ length: depth }, (_, i) => chain.below(i));
      const branch: FakeBlock[] = [];
      chain.setTip(chain.below(depth));
      for (let i = 0; i < length; i++) branch.push(chain.extend());
      for (const [i, block] of branch.entries())
        node.announce(block, i === 0 && removed ? { removed: old } : {});
    },
    inStep,
    ready: async () => {
      await reader.until("synced", inStep);
      await vi.waitUntil(() => node.subscribers("logs") === 1, PATIENT);
    },
    stop: async () => {
      stopping.abort();
      await running.catch(() => undefined);
      await node.stop();
    },
  };
}
