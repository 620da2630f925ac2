import { expect } from "vitest";
import type { Devnet } from "../../devnet/devnet.ts";
import { POOL_TOPICS } from "../../src/amm/poolLog.ts";
import { loadRegistry } from "../../src/chain/registry.ts";
import type { FeedEvent } from "../../src/engine/events.ts";
import { createFeed, feedDefaults, type Feed } from "../../src/feed/feed.ts";
import { latestHeader } from "../../src/feed/headers.ts";
import { createPoolLoader } from "../../src/feed/pools/poolLoader.ts";
import type { PoolLoader } from "../../src/feed/poolLoader.ts";
import { createRpcSocket, rpcSocketDefaults } from "../../src/feed/rpcSocket.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { silentLog } from "../../src/lib/log.ts";
import { createMarket, type Market } from "../../src/market/market.ts";
import { seededRandom } from "./feedRandom.ts";

/** The real feed and the real market on the local Polygon. */
export interface DevnetFeed {
  readonly feed: Feed;
  readonly market: Market;
  readonly events: readonly FeedEvent[];
  /** Between a `gap` and the next word that it is over. */
  readonly isBlind: () => boolean;
  /** The market stands on the newest block, and the feed says so. */
  readonly atTip: () => boolean;
  readonly until: (what: string, holds: () => boolean, timeoutMs?: number) => Promise<void>;
  /** Every pool of the market is what the chain itself answers for it at the newest block, ticks included. */
  readonly expectTruth: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

const registry = loadRegistry(137);

/** Finds the pools once; each load after that only reads them. Not through the feed's socket: it has no faults. */
const devnetLoader = (devnet: Devnet): PoolLoader =>
  createPoolLoader(
    {
      discovery: {
        dexes: registry.dexes,
        tokens: [...registry.tokens.keys()],
        allowPools: [],
        denyPools: [],
      },
      multicall: { multicall3: registry.multicall3, maxAnswerBytes: 90_000, concurrency: 4, timeoutMs: 5000 },
      wrappedNative: registry.native.wrapped,
      blockSeconds: 2,
      minDepthFloat: 0,
    },
    {
      rpc: { request: async (method, params) => await devnet.rpc(method, params) },
      onRejected: () => undefined,
    },
  );

/** As the engine does: a refusal of the market is a fault of the feed. */
function apply(market: Market, event: FeedEvent): void {
  if (event.type === "synced") market.load(event.block, event.pools);
  if (event.type === "committed")
    expect(market.commit(event.block, event.logs)).toMatchObject({ ok: true, contradictions: [] });
  if (event.type === "reverted") expect(market.revert(event.block)).toMatchObject({ ok: true });
}

export async function followDevnet(devnet: Devnet): Promise<DevnetFeed> {
  const loader = devnetLoader(devnet);
  const market = createMarket({ journalDepth: feedDefaults.journalDepth });
  const events: FeedEvent[] = [];
  const waiters = new Set<() => void>();
  let blind = true;
  const onEvent = (event: FeedEvent): void => {
    events.push(event);
    apply(market, event);
    if (event.type === "gap") blind = true;
    if (event.type === "synced" || (event.type === "committed" && event.atHead)) blind = false;
    for (const waiter of waiters) waiter();
  };
  const socket = createRpcSocket(
    { ...rpcSocketDefaults, url: devnet.wsUrl, requestTimeoutMs: 5000 },
    { clock: systemClock, log: silentLog, random: seededRandom(1) },
  );
  // The blocks of a hand-driven devnet carry made-up times.
  const feed = createFeed(
    { ...feedDefaults, chainId: 137, topics: Object.values(POOL_TOPICS), staleAfterMs: Infinity },
    { socket, loader, clock: systemClock, log: silentLog, onEvent },
  );
  const stopping = new AbortController();
  const ended = { error: null as unknown };
  const running = feed.run(stopping.signal).catch((error: unknown) => {
    ended.error = error;
    for (const waiter of waiters) waiter();
  });
  const until = async (what: string, holds: () => boolean, timeoutMs = 10_000): Promise<void> => {
    await new Promise<void>((resolve, reject) => {
      const late = setTimeout(() => {
        waiters.delete(waiter);
        reject(new Error(`${what}: not in ${timeoutMs} ms; ${JSON.stringify(feed.stats())}`));
      }, timeoutMs);
      const waiter = (): void => {
        if (ended.error === null && !holds()) return;
        clearTimeout(late);
        waiters.delete(waiter);
        if (ended.error === null) resolve();
        else reject(new Error("the feed ended", { cause: ended.error }));
      };
      waiters.add(waiter);
      waiter();
    });
  };
  const atTip = (): boolean => market.head?.hash === devnet.head().hash && !blind;
  await until("synced", atTip, 30_000);
  return {
    feed,
    market,
    events,
    isBlind: () => blind,
    atTip,
    until,
    expectTruth: async () => {
      const tip = await latestHeader({ request: async (method, params) => await devnet.rpc(method, params) });
      expect(market.head?.hash).toBe(tip.hash);
      const pools = await loader.load(tip, stopping.signal);
      expect(pools.length).toBeGreaterThanOrEqual(30);
      expect(pools.map(({ pool }) => [pool.address, market.stateOf(pool.address)])).toEqual(
        pools.map(({ pool, state }) => [pool.address, state]),
      );
    },
    stop: async () => {
      stopping.abort();
      await running;
    },
  };
}
