import { setTimeout as sleep } from "node:timers/promises";
import type { BlockHeader } from "../chain/types.ts";
import type { NextFee } from "../engine/events.ts";
import type { Clock } from "../lib/clock.ts";
import { RetryableError } from "../lib/errors.ts";
import type { BlockLogs, ProvenLogs } from "./blockLogs.ts";
import type { BlockTransactions } from "./blockTransactions.ts";
import { pathTo, type ChainPath } from "./chainPath.ts";
import { latestHeader, type Asking } from "./headers.ts";
import type { Heads } from "./heads.ts";
import type { HeadTarget } from "./headTarget.ts";
import type { NoticedLogs } from "./noticedLogs.ts";
import { pause } from "./pause.ts";
import type { PoolLoader } from "./poolLoader.ts";
import { RpcError } from "./rpcError.ts";
import type { Timeline } from "./timeline.ts";

/** Follows the chain block by block: each head is reached through its parents, and no block is left out. */
export interface Follower {
  /** Give up the thread and load everything anew. */
  resync(reason: string): void;
  /** Ends when the signal aborts; rejects with `RetryableError` or `RpcError` when the node fails us. */
  run(node: FollowedNode, signal: AbortSignal): Promise<void>;
}

export interface FollowedNode extends Asking {
  /** Listens to the logs of `BlockLogs.filter()`, in place of what was listened to before. */
  listenToLogs(): Promise<void>;
}

export interface FollowerOptions {
  /** A longer way to the head than this is not walked: everything is loaded anew. */
  readonly maxBackfill: number;
  /** A block waits no longer than this for what belongs to it. */
  readonly proofMs: number;
}

export interface FollowerParts {
  readonly clock: Clock;
  readonly heads: Heads;
  readonly target: HeadTarget;
  readonly blockLogs: BlockLogs;
  readonly noticed: NoticedLogs;
  readonly loader: PoolLoader;
  readonly timeline: Timeline;
  /** Null: nobody wants to know what a block holds. */
  readonly transactions: BlockTransactions | null;
}

type Way = ChainPath & { readonly type: "path" };

const LOGS_AT_ONCE = 8;
const PATH_TRIES = 5;
const PATH_RETRY_MS = 50;

export function createFollower(options: FollowerOptions, parts: FollowerParts): Follower {
  const { heads, target, timeline } = parts;
  let lost: string | null = null;

  const advance = async (node: FollowedNode, signal: AbortSignal): Promise<void> => {
    if (lost !== null) timeline.gap(lost);
    const taken = target.take();
    if (taken === null) return;
    const head = taken === "latest" ? await latestHeader(node) : taken;
    if (heads.tip === null || lost !== null) {
      await load(parts, head, { node, signal });
      lost = null;
      return;
    }
    const step = heads.classify(head);
    if (step === "duplicate") return;
    if (step === "behind" || (step === "fork" && taken !== "latest")) {
      if (taken === "latest") lost = `the node stands at block ${head.number}, long behind us`;
      target.check();
      return;
    }
    const path = await findPath(parts, head, { node, maxBackfill: options.maxBackfill });
    if (path.type === "path") await walk(parts, path, { node, signal, proofMs: options.proofMs });
    else {
      // An announcement is not proof enough to give up the thread: the node is asked first.
      if (taken === "latest") lost = `no way to block ${head.number} in ${options.maxBackfill} blocks`;
      target.check();
    }
  };

  return {
    resync: (reason) => {
      lost = reason;
      target.check();
    },
    run: async (node, signal) => {
      if (heads.tip !== null) await node.listenToLogs();
      target.check();
      while (!signal.aborted) {
        await target.wait(signal);
        while (!signal.aborted && !target.reached) await advance(node, signal);
      }
    },
  };
}

async function load(
  { loader, timeline, blockLogs }: FollowerParts,
  block: BlockHeader,
  { node, signal }: { node: FollowedNode; signal: AbortSignal },
): Promise<void> {
  const pools = await loader.load(block, signal);
  signal.throwIfAborted();
  blockLogs.watch(pools.map(({ pool }) => pool.address));
  timeline.sync(block, pools);
  await node.listenToLogs();
}

/** The node may be one of several behind one name: a block that one announces reaches the next a moment later. */
async function findPath(
  { heads, target }: FollowerParts,
  head: BlockHeader,
  { node, maxBackfill }: { node: FollowedNode; maxBackfill: number },
): Promise<ChainPath> {
  const known = (hash: BlockHeader["hash"]): BlockHeader | undefined => target.known(hash)?.header;
  for (let tries = 1; ; tries++) {
    const path = await pathTo(head, maxBackfill, { node, heads, known });
    if (path.type !== "not_found") return path;
    if (tries === PATH_TRIES || !target.reached) return path;
    await sleep(PATH_RETRY_MS);
  }
}

async function walk(
  parts: FollowerParts,
  path: Way,
  { node, signal, proofMs }: { node: FollowedNode; signal: AbortSignal; proofMs: number },
): Promise<void> {
  const { blockLogs, timeline } = parts;
  const newest = path.blocks.at(-1);
  for (let first = 0; first < path.blocks.length; first += LOGS_AT_ONCE) {
    const blocks = path.blocks.slice(first, first + LOGS_AT_ONCE);
    const proofs = await Promise.all(
      blocks.map(async (block) => {
        const [proof, fees] = await Promise.all([
          blockLogs.of(node, block),
          // Only what is decided on needs them.
          block === newest ? nextFees(parts, block, { proofMs, signal }) : [],
        ]);
        return { block, proof, fees };
      }),
    );
    // Only now, with the proofs in hand: a connection lost on the way leaves the old branch whole.
    if (first === 0) timeline.rewindTo(path.ancestor);
    let deaf = false;
    for (const { block, proof, fees } of proofs) {
      if (commit(parts, block, { proof, fees, isLast: block === newest })) deaf = true;
    }
    if (newest !== undefined && blocks.includes(newest)) parts.transactions?.ask(node, newest);
    if (deaf) await node.listenToLogs();
  }
}

/** Without an answer in time the last fee stands, and the simulation before a send finds out. */
async function nextFees(
  { loader }: FollowerParts,
  block: BlockHeader,
  { proofMs, signal }: { proofMs: number; signal: AbortSignal },
): Promise<readonly NextFee[]> {
  const answered = new AbortController();
  try {
    return await Promise.race([loader.nextFees(block, signal), noFees(proofMs, answered.signal)]);
  } catch (error) {
    if (error instanceof RetryableError || error instanceof RpcError) return [];
    throw error;
  } finally {
    answered.abort();
  }
}

async function noFees(afterMs: number, signal: AbortSignal): Promise<readonly NextFee[]> {
  await pause(afterMs, signal);
  return [];
}

/** True when the log subscription has fallen silent. */
function commit(
  { clock, noticed, target, timeline }: FollowerParts,
  block: BlockHeader,
  { proof, fees, isLast }: { proof: ProvenLogs; fees: readonly NextFee[]; isLast: boolean },
): boolean {
  const announced = target.known(block.hash);
  // Blocks that were fetched later were never told by the subscription: nothing to compare.
  const told = announced === undefined ? null : noticed.compare(block.hash, proof.logs);
  const doubted = told?.doubted ?? [];
  const tainted = doubted.length === 0 ? proof.tainted : [...new Set([...proof.tainted, ...doubted])];
  const time = announced?.time ?? clock.now();
  timeline.commit(block, { logs: proof.logs, tainted, fees }, { newest: isLast && target.reached, time });
  return told?.renew ?? false;
}
