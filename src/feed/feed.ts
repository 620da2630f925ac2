import type { Address, BlockHeader, BlockRef, Hash, PendingTransaction } from "../chain/types.ts";
import type { FeedEvent } from "../engine/events.ts";
import type { Clock } from "../lib/clock.ts";
import { EXIT, PlainError } from "../lib/errors.ts";
import type { Log } from "../lib/log.ts";
import { createBlockLogs, type BlockLogs } from "./blockLogs.ts";
import { createBlockTransactions } from "./blockTransactions.ts";
import { feedStats, type FeedStats } from "./feedStats.ts";
import { createFollower, type FollowedNode, type Follower } from "./follower.ts";
import { createForesight, foresightDefaults, type Foresight, type ForesightOptions } from "./foresight.ts";
import { createHeads, type Heads } from "./heads.ts";
import { createHeadTarget, type HeadTarget } from "./headTarget.ts";
import { createLogListener, type LogListener } from "./logListener.ts";
import { createNoticedLogs, type NoticedLogs } from "./noticedLogs.ts";
import { parseCount } from "./parse.ts";
import { createPendings, type Pendings, type PendingSource } from "./pendings.ts";
import type { PoolLoader } from "./poolLoader.ts";
import { createRepairs, type Repairs } from "./repairs.ts";
import type { RpcConnection } from "./rpcConnection.ts";
import { RpcError } from "./rpcError.ts";
import type { RpcSocket } from "./rpcSocket.ts";
import { createTimeline, type Timeline } from "./timeline.ts";
import { together } from "./together.ts";
import { createWatchdog, type Watchdog } from "./watchdog.ts";

export interface FeedOptions {
  readonly chainId: number;
  /** First topics of the events that change a pool. */
  readonly topics: readonly Hash[];
  readonly pending: PendingSource;
  /** Receivers to ask Alchemy for; the other sources tell everything. */
  readonly pendingReceivers: readonly Address[];
  /** Pending transactions that wait for their turn; the oldest are shed first. */
  readonly pendingQueue: number;
  readonly hydrateAtOnce: number;
  readonly foresight: ForesightOptions;
  /** Blocks held to undo; as deep as the market's own journal. */
  readonly journalDepth: number;
  /** A longer way to the newest block is not walked: everything is loaded anew. */
  readonly maxBackfill: number;
  /** Longer address lists are left out of log filters. */
  readonly maxFilterAddresses: number;
  /** Time to prove the logs of a block complete. */
  readonly proofMs: number;
  /** A newest block whose own timestamp is older than this is no ground to act on. */
  readonly staleAfterMs: number;
  /** No head for so long: the node is asked, and has `probeMs` to answer. */
  readonly headSilenceMs: number;
  readonly probeMs: number;
  readonly checkEveryMs: number;
}

/** For Polygon with its 1.5 s blocks: a frozen node is noticed in `headSilenceMs + probeMs + checkEveryMs`. */
export const feedDefaults = {
  pending: "full",
  pendingReceivers: [],
  pendingQueue: 4096,
  hydrateAtOnce: 16,
  foresight: foresightDefaults,
  journalDepth: 256,
  maxBackfill: 128,
  maxFilterAddresses: 1000,
  proofMs: 1000,
  staleAfterMs: 6000,
  headSilenceMs: 3000,
  probeMs: 1000,
  checkEveryMs: 250,
} as const;

export interface FeedParts {
  readonly socket: RpcSocket;
  readonly loader: PoolLoader;
  readonly clock: Clock;
  readonly log: Log;
  /** Called in the order of events, never from within itself. What it throws ends the feed. */
  readonly onEvent: (event: FeedEvent) => void;
}

/** The chain, put in order. */
export interface Feed {
  /**
   * Follows the chain until `signal` aborts. Rejects with `PlainError` (78) when the node serves another chain, and
   * with what `onEvent` throws; node trouble never ends it.
   */
  run(signal: AbortSignal): Promise<void>;
  /** Reads these pools anew at the head; ends in a `repaired` event. */
  repair(pools: readonly Address[]): void;
  /** Simulates a transaction on top of `parent`, if the node can and has time; ends in a `foreseen` event, or in none. */
  foresee(transaction: PendingTransaction, parent: BlockRef): void;
  /**
   * When the event that is being told came in, on the monotonic clock; of a pending transaction its frame, which may
   * have waited for its turn.
   */
  receivedAt(): number;
  /** Loads everything anew; ends in a `synced` event. */
  resync(reason: string): void;
  /** The newest block told. */
  head(): BlockRef | null;
  stats(): FeedStats;
}

interface FeedRoom {
  readonly heads: Heads;
  readonly target: HeadTarget;
  readonly noticed: NoticedLogs;
  readonly blockLogs: BlockLogs;
  readonly listener: LogListener;
  readonly timeline: Timeline;
  readonly follower: Follower;
  readonly pendings: Pendings;
  readonly foresight: Foresight;
  readonly repairs: Repairs;
  readonly watchdog: Watchdog;
}

export function createFeed(options: FeedOptions, parts: FeedParts): Feed {
  const broken = new AbortController();
  const room = furnish(options, { ...parts, onEvent: guarded(parts.onEvent, broken) });
  const { heads, timeline, pendings } = room;

  const session = async (connection: RpcConnection, signal: AbortSignal): Promise<void> => {
    // At once, whatever the jobs below still wait for.
    signal.addEventListener("abort", () => timeline.gap(messageOf(signal.reason)), { once: true });
    try {
      await checkChain(connection, options.chainId);
      await listen(connection, room);
      const node = followed(connection, room, parts.log);
      if (options.pending !== "off") void room.foresight.use(connection, signal);
      await together(
        [
          async (stop) => await room.follower.run(node, stop),
          async (stop) => await room.repairs.run(stop),
          async (stop) => await room.watchdog.run(node, stop),
        ],
        signal,
      );
    } catch (error) {
      timeline.gap(messageOf(error));
      throw error;
    } finally {
      timeline.gap(messageOf(signal.reason));
    }
  };

  return {
    run: async (signal) => {
      try {
        await parts.socket.run(session, AbortSignal.any([signal, broken.signal]));
      } finally {
        pendings.clear();
      }
      broken.signal.throwIfAborted();
    },
    repair: (pools) => room.repairs.ask(pools),
    foresee: (transaction, parent) => room.foresight.ask(transaction, parent),
    receivedAt: () => pendings.deliveringSince ?? parts.clock.monotonic(),
    resync: (reason) => room.follower.resync(reason),
    head: () => refOf(heads.tip),
    stats: () => feedStats({ ...room, socket: parts.socket, clock: parts.clock }),
  };
}

/** Events come from sockets and timers too, where nobody could catch: the first error is kept for `run`. */
function guarded(onEvent: FeedParts["onEvent"], broken: AbortController): FeedParts["onEvent"] {
  return (event) => {
    if (broken.signal.aborted) return;
    try {
      onEvent(event);
    } catch (error) {
      broken.abort(error);
    }
  };
}

const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : "the connection to the node ended";

const refOf = (block: BlockHeader | null): BlockRef | null =>
  block === null ? null : { number: block.number, hash: block.hash };

function furnish(options: FeedOptions, { socket, loader, clock, log, onEvent }: FeedParts): FeedRoom {
  const heads = createHeads(options.journalDepth);
  const target = createHeadTarget({ clock, heads });
  const noticed = createNoticedLogs();
  const blockLogs = createBlockLogs(
    { topics: options.topics, maxAddresses: options.maxFilterAddresses, proofMs: options.proofMs },
    { clock, noticed },
  );
  const listener = createLogListener(options, { blockLogs, noticed, heads, target });
  const timeline = createTimeline(options, { clock, log, heads, onEvent });
  const transactions = options.pending === "off" ? null : createBlockTransactions({ clock, timeline });
  const follower = createFollower(options, {
    clock,
    heads,
    target,
    blockLogs,
    noticed,
    loader,
    timeline,
    transactions,
  });
  const foresight = createForesight(options.foresight, { clock, log, heads, timeline });
  const pendings = createPendings(
    {
      source: options.pending,
      receivers: options.pendingReceivers,
      queueLength: options.pendingQueue,
      hydrateAtOnce: options.hydrateAtOnce,
    },
    {
      clock,
      onPending: (transaction, time) => timeline.emit({ type: "pending", time, transaction }),
    },
  );
  const repairs = createRepairs({ clock, log, heads, loader, timeline });
  const watchdog = createWatchdog(options, {
    clock,
    log,
    heads,
    target,
    timeline,
    pendings,
    framesRead: () => socket.stats().messages,
  });
  return {
    heads,
    target,
    noticed,
    blockLogs,
    listener,
    timeline,
    follower,
    pendings,
    foresight,
    repairs,
    watchdog,
  };
}

async function checkChain(connection: RpcConnection, chainId: number): Promise<void> {
  const found = parseCount(await connection.request("eth_chainId", []));
  if (found === chainId) return;
  throw new PlainError(
    EXIT.config,
    `the node serves chain ${found ?? "(unreadable)"}, the configuration says ${chainId}: change node.ws or chain`,
  );
}

async function listen(connection: RpcConnection, { target, pendings }: FeedRoom): Promise<void> {
  await connection.subscribe(["newHeads"], (head) => target.announce(head));
  if (pendings.subscription !== null)
    await connection.subscribe(pendings.subscription, (told, heardAt) =>
      pendings.accept(told, connection, heardAt),
    );
}

function followed(connection: RpcConnection, room: FeedRoom, log: Log): FollowedNode {
  const { blockLogs, listener, noticed } = room;
  let current: string | null = null;

  return {
    request: connection.request,
    listenToLogs: async () => {
      const before = current;
      if (before !== null) log.warn({ deafBlocks: noticed.deafBlocks }, "log subscription renewed");
      noticed.restart();
      current = await connection.subscribe(["logs", blockLogs.filter()], listener.onLog, listener);
      if (before !== null) await drop(connection, before);
    },
  };
}

async function drop(connection: RpcConnection, subscription: string): Promise<void> {
  try {
    await connection.unsubscribe(subscription);
  } catch (error) {
    // The node knows it no more: as good as dropped.
    if (!(error instanceof RpcError)) throw error;
  }
}
