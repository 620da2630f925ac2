import type { Hash } from "../chain/types.ts";
import { createBoundedQueue } from "../lib/boundedQueue.ts";
import { RetryableError } from "../lib/errors.ts";
import type { Asking } from "./headers.ts";
import { RpcError } from "./rpcError.ts";

/** A transaction of which only the hash was told, at that time, by that node. */
export interface ToldHash {
  readonly hash: Hash;
  readonly time: number;
  readonly node: Asking;
}

/** Asks for the bodies of transactions, a few at a time; those that wait longest are shed first. */
export interface Hydration {
  add(told: ToldHash): void;
  clear(): void;
  readonly shed: number;
}

export interface HydrationOptions {
  readonly queueLength: number;
  readonly atOnce: number;
}

/** `onBody` gets what the node answers, null when it cannot. */
export function createHydration(
  options: HydrationOptions,
  onBody: (body: unknown, time: number) => void,
): Hydration {
  const waiting = createBoundedQueue<ToldHash>(options.queueLength);
  let underway = 0;

  const hydrate = async ({ hash, time, node }: ToldHash): Promise<void> => {
    onBody(await bodyOf(hash, node), time);
    underway--;
    pump();
  };
  const pump = (): void => {
    while (underway < options.atOnce) {
      const next = waiting.shift();
      if (next === undefined) return;
      underway++;
      void hydrate(next);
    }
  };

  return {
    add: (told) => {
      waiting.push(told);
      pump();
    },
    clear: () => {
      while (waiting.shift() !== undefined);
    },
    get shed() {
      return waiting.shed;
    },
  };
}

async function bodyOf(hash: Hash, node: Asking): Promise<unknown> {
  try {
    return await node.request("eth_getTransactionByHash", [hash]);
  } catch (error) {
    if (error instanceof RetryableError || error instanceof RpcError) return null;
    throw error;
  }
}
