import type { Address, BlockRef } from "../chain/types.ts";
import type { Clock } from "../lib/clock.ts";
import { RetryableError } from "../lib/errors.ts";
import type { Log } from "../lib/log.ts";
import type { Heads } from "./heads.ts";
import { createLatch } from "./latch.ts";
import { pause } from "./pause.ts";
import type { PoolLoader } from "./poolLoader.ts";
import { RpcError } from "./rpcError.ts";
import type { Timeline } from "./timeline.ts";

/** Fresh states of single pools, read at the head: what the reader asks for when it trusts a pool no more. */
export interface Repairs {
  ask(pools: readonly Address[]): void;
  /** Ends when the signal aborts; what is asked for stays for the next run. */
  run(signal: AbortSignal): Promise<void>;
  readonly waiting: number;
}

const RETRY_MS = 250;
/** Pools read at once in the beginning. */
const FIRST_BATCH = 16;

interface RepairsParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly heads: Heads;
  readonly loader: PoolLoader;
  readonly timeline: Pick<Timeline, "emit">;
}

/**
 * A state that is a block old when it arrives would undo that block, so it has to be read within one. How many pools
 * that are is found by trying: the batch is halved when it came too late, doubled when it came in time.
 */
export function createRepairs({ clock, log, heads, loader, timeline }: RepairsParts): Repairs {
  const latch = createLatch();
  const waiting = new Set<Address>();
  let batch = FIRST_BATCH;

  /** False: too late. */
  const read = async (asked: readonly Address[], tip: BlockRef, signal: AbortSignal): Promise<boolean> => {
    const pools = await loader.read(asked, tip.hash, signal);
    if (heads.tip?.hash !== tip.hash) return false;
    const block = { number: tip.number, hash: tip.hash };
    timeline.emit({ type: "repaired", time: clock.now(), block, pools });
    return true;
  };

  const pass = async (signal: AbortSignal): Promise<void> => {
    const tip = heads.tip;
    if (tip === null) return await pause(RETRY_MS, signal);
    const asked = [...waiting].slice(0, batch);
    for (const pool of asked) waiting.delete(pool);
    let done = false;
    try {
      done = await read(asked, tip, signal);
      if (!done) batch = Math.max(1, Math.floor(asked.length / 2));
      else if (asked.length === batch) batch *= 2;
    } catch (error) {
      if (!(error instanceof RetryableError || error instanceof RpcError)) throw error;
      log.warn({ err: error, pools: asked.length }, "fresh pool states could not be read");
      await pause(RETRY_MS, signal);
    } finally {
      // At the end of the line: one that cannot be read in time holds up no other.
      if (!done) for (const pool of asked) waiting.add(pool);
    }
  };

  return {
    ask: (pools) => {
      for (const pool of pools) waiting.add(pool);
      latch.wake();
    },
    run: async (signal) => {
      while (!signal.aborted) {
        if (waiting.size === 0) await latch.wait(signal);
        else await pass(signal);
      }
    },
    get waiting() {
      return waiting.size;
    },
  };
}
