import type { Address } from "../chain/types.ts";
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

interface RepairsParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly heads: Heads;
  readonly loader: PoolLoader;
  readonly timeline: Timeline;
}

export function createRepairs({ clock, log, heads, loader, timeline }: RepairsParts): Repairs {
  const latch = createLatch();
  let waiting = new Set<Address>();

  const pass = async (signal: AbortSignal): Promise<void> => {
    const tip = heads.tip;
    const asked = waiting;
    waiting = new Set();
    try {
      if (tip === null) return await pause(RETRY_MS, signal);
      const pools = await loader.read([...asked], tip.hash, signal);
      // A state that is a block old when it arrives would undo that block: it is read again.
      if (heads.tip?.hash !== tip.hash) return;
      timeline.emit({
        type: "repaired",
        time: clock.now(),
        block: { number: tip.number, hash: tip.hash },
        pools,
      });
      asked.clear();
    } catch (error) {
      if (!(error instanceof RetryableError || error instanceof RpcError)) throw error;
      log.warn({ err: error, pools: asked.size }, "fresh pool states could not be read");
      await pause(RETRY_MS, signal);
    } finally {
      for (const pool of asked) waiting.add(pool);
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
