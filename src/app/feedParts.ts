import { POOL_TOPICS } from "../amm/poolLog.ts";
import type { ChainRegistry } from "../chain/registry.ts";
import type { Address } from "../chain/types.ts";
import { fromDecimal } from "../chain/units.ts";
import type { FeedEvent } from "../engine/events.ts";
import { createFeed, feedDefaults, type Feed } from "../feed/feed.ts";
import { foresightDefaults } from "../feed/foresight.ts";
import { createPoolLoader } from "../feed/pools/poolLoader.ts";
import type { PoolLoader } from "../feed/poolLoader.ts";
import { createRpcSocket, rpcSocketDefaults, type RpcSocket } from "../feed/rpcSocket.ts";
import type { Clock } from "../lib/clock.ts";
import type { Log } from "../lib/log.ts";
import type { Config } from "./config.ts";
import { JOURNAL_DEPTH } from "./engineOptions.ts";
import type { ResolvedMarket } from "./resolveMarket.ts";

/** Answers of Bor are cut at 100 kB by default; the rest is JSON-RPC's own. */
const MULTICALL = { maxAnswerBytes: 90_000, concurrency: 4 } as const;

export interface FeedRoomParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly onEvent: (event: FeedEvent) => void;
  /** Runs once, connected, before the first pools are loaded; throwing ends the feed. */
  readonly beforeFirstLoad: (socket: RpcSocket) => Promise<void>;
}

export interface BuiltFeed {
  readonly feed: Feed;
  /** From the next load on this pool is traded through, if it is what its factory says. */
  readonly letIn: (pool: Address) => void;
}

/** Socket, pool loader and feed, as the configuration wants them. */
export function buildFeed(
  config: Config,
  registry: ChainRegistry,
  market: ResolvedMarket,
  parts: FeedRoomParts,
): BuiltFeed {
  const { clock, log } = parts;
  const { node } = config;
  const blockSeconds = Math.ceil(registry.chain.blockTimeMs / 1000);
  const socket = createRpcSocket(
    { ...rpcSocketDefaults, url: node.ws, requestTimeoutMs: node.request_timeout_ms },
    { clock, log, random: Math.random },
  );
  const loader = createPoolLoader(
    {
      discovery: {
        dexes: market.dexes,
        tokens: market.tokens.map(({ address }) => address),
        allowPools: config.market.pools_allow,
        denyPools: config.market.pools_deny,
      },
      multicall: { ...MULTICALL, multicall3: registry.multicall3, timeoutMs: node.request_timeout_ms },
      wrappedNative: registry.native.wrapped,
      blockSeconds,
      minDepthFloat: Number(fromDecimal(config.market.min_depth_native, 18)),
    },
    {
      rpc: socket,
      onRejected: (rejected) => {
        for (const pool of rejected) log.warn(pool, "pool refused: it is not what its factory says");
      },
    },
  );
  const feed = createFeed(
    {
      ...feedDefaults,
      chainId: config.chain,
      topics: Object.values(POOL_TOPICS),
      pending: node.pending,
      pendingReceivers: registry.routers.map(({ address }) => address),
      journalDepth: JOURNAL_DEPTH,
      staleAfterMs: node.stale_after_ms,
      foresight: { ...foresightDefaults, blockSeconds },
    },
    {
      socket,
      loader: afterwards(loader, () => parts.beforeFirstLoad(socket)),
      clock,
      log,
      onEvent: parts.onEvent,
    },
  );
  return { feed, letIn: (pool) => loader.letIn(pool) };
}

/** The loader behind a step that has to succeed once before the first load. */
function afterwards(loader: PoolLoader, before: () => Promise<void>): PoolLoader {
  let done = false;
  return {
    ...loader,
    load: async (block, signal) => {
      if (!done) await before();
      done = true;
      return await loader.load(block, signal);
    },
  };
}
