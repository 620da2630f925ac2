import { spawn } from "node:child_process";
import { join } from "node:path";
import { z } from "zod";
import type { Address } from "../src/chain/types.ts";
import type { Chain } from "./chain.ts";
import { flowKinds } from "./flow/kinds.ts";
import { HexText } from "./hex.ts";
import type { BlockGuest } from "./miner.ts";
import { RpcError } from "./rpc.ts";
import { readTransaction } from "./transaction.ts";

/** How long a block waits for its traders before it is made without them; by hand nobody is in a hurry. */
const PATIENCE_MS = { clock: 10_000, hand: 30_000 } as const;

interface TradersOptions {
  readonly firstBlock: number;
  /** In the order of `VENUES`. */
  readonly pools: readonly Address[];
  /** A batch arrives spread over this time after the block before it; 0: at once, blocks are made by hand. */
  readonly spreadMs: number;
}

/** The noise traders: a process that signs, and its transactions' way into the pool. */
export interface Traders {
  /** Resolves when the process is up; then its trades come, block by block. */
  readonly enter: (options: TradersOptions, chain: Chain) => Promise<BlockGuest>;
  readonly stop: () => Promise<void>;
}

const Message = z.union([
  z.object({ ready: z.literal(true) }),
  z.object({ block: z.number().int(), raws: z.array(HexText) }),
]);

const NOTHING = (): void => undefined;

/** A wait that a stop cuts short. */
const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener("abort", end);
    if (signal.aborted) end();
  });

async function submit(
  chain: Chain,
  raws: readonly string[],
  spreadMs: number,
  signal: AbortSignal,
): Promise<void> {
  for (const raw of raws) {
    if (spreadMs > 0) await pause(spreadMs / raws.length, signal);
    if (signal.aborted) return;
    try {
      await chain.submit(await readTransaction(raw));
    } catch (error) {
      // After a reorg that forgot transactions a nonce may be missing: the trader is out, the chain goes on.
      if (!(error instanceof RpcError)) throw error;
    }
  }
}

/**
 * Starts the traders' process. For each block it sends the batch of (seed, block) as soon as the block before stands;
 * `ready` tells when the batch is in the pool, so that every run has the same transactions in the same blocks. The
 * pool is reached directly: faults of the node's port do not touch the traders. `flow` as in `createNoise`.
 */
export function startTraders(seed: number, flow: readonly string[] = []): Traders {
  // Names that nobody knows are said here, not by a process that ends.
  flowKinds(flow);
  const child = spawn(
    process.execPath,
    ["--import", "tsx", join(import.meta.dirname, "tradersProcess.ts"), String(seed), ...flow],
    {
      cwd: join(import.meta.dirname, ".."),
      stdio: ["ignore", "inherit", "inherit", "ipc"],
      // Its own process group: Ctrl-C reaches us alone, and we stop it in order.
      detached: true,
    },
  );
  const stopped = new AbortController();
  const exited = new Promise<void>((resolve) => {
    child.once("exit", () => {
      resolve();
    });
  });
  const up = new Promise<void>((resolve, reject) => {
    child.once("message", () => {
      resolve();
    });
    child.once("error", reject);
    void exited.then(() => {
      reject(new Error("the traders' process ended before it was up"));
    });
  });
  // Whoever stops before `enter` does not want to hear of it.
  up.catch(() => undefined);

  const enter: Traders["enter"] = async ({ firstBlock, pools, spreadMs }, chain) => {
    await up;
    if (child.connected) child.send({ firstBlock, pools });
    const underWay = new Set<Promise<void>>();
    const batches = new Map<number, { readonly done: Promise<void>; readonly arrive: () => void }>();
    let lastAsked = firstBlock - 1;
    const ask = (block: number): void => {
      if (block <= lastAsked) return;
      lastAsked = block;
      let arrive = NOTHING;
      const done = new Promise<void>((resolve) => {
        arrive = resolve;
      });
      batches.set(block, { done, arrive });
      batches.delete(block - 2);
      if (child.connected) child.send({ block });
    };
    child.on("message", (json) => {
      const message = Message.parse(json);
      if (!("raws" in message)) return;
      const sending = submit(chain, message.raws, spreadMs, stopped.signal).finally(() => {
        batches.get(message.block)?.arrive();
        underWay.delete(sending);
      });
      underWay.add(sending);
    });
    chain.listen({
      onBlock: ({ number }) => {
        ask(number + 1);
      },
      onReorg: () => undefined,
      onPending: () => undefined,
    });
    ask(firstBlock);
    return {
      async ready(block) {
        const batch = batches.get(block);
        if (batch === undefined) return true;
        const late = new AbortController();
        const patience = spreadMs > 0 ? PATIENCE_MS.clock : PATIENCE_MS.hand;
        const inTime = await Promise.race([
          batch.done.then(() => true),
          pause(patience, AbortSignal.any([late.signal, stopped.signal])).then(() => false),
        ]);
        late.abort();
        return inTime;
      },
      async stop() {
        stopped.abort();
        await Promise.all(underWay);
      },
    };
  };

  return {
    enter,
    async stop() {
      stopped.abort();
      child.kill("SIGTERM");
      await exited;
    },
  };
}
