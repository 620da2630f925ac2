import { expect } from "vitest";
import type { Address, BlockRef } from "../../src/chain/types.ts";
import type { FeedEvent } from "../../src/engine/events.ts";
import { syncData } from "./feedChain.ts";

/**
 * A reader of the feed that believes nothing: every event must fit the one before it. It keeps the reserves of
 * constant-product pools with an undo list, as a plain second version of what the market does.
 */
export interface FeedReader {
  readonly onEvent: (event: FeedEvent) => void;
  readonly events: readonly FeedEvent[];
  readonly head: BlockRef | null;
  readonly reserves: ReadonlyMap<Address, string>;
  /** Between a `gap` and the next word that it is over. */
  readonly blind: boolean;
  /** Resolves as soon as it holds after an event; rejects with the last events when it does not in time. */
  until(what: string, holds: () => boolean, timeoutMs?: number): Promise<void>;
}

interface Undo {
  readonly block: BlockRef;
  readonly before: ReadonlyMap<Address, string>;
}

export function createFeedReader(): FeedReader {
  const events: FeedEvent[] = [];
  const journal: Undo[] = [];
  const failures: unknown[] = [];
  const waiters = new Set<() => void>();
  let head: BlockRef | null = null;
  let reserves: ReadonlyMap<Address, string> = new Map();
  let blind = true;

  const apply = (event: FeedEvent): void => {
    switch (event.type) {
      case "synced":
        journal.length = 0;
        head = event.block;
        blind = false;
        reserves = new Map(
          event.pools.map(({ pool, state }) => [
            pool.address,
            state?.kind === "v2" ? syncData(Number(state.reserve0), Number(state.reserve1)) : "",
          ]),
        );
        return;
      case "committed": {
        expect(event.block.parentHash).toBe(head?.hash);
        const indexes = event.logs.map(({ logIndex }) => logIndex);
        expect(indexes).toEqual([...new Set(indexes)].toSorted((a, b) => a - b));
        journal.push({ block: event.block, before: reserves });
        const next = new Map(reserves);
        for (const log of event.logs) {
          expect(log.blockHash).toBe(event.block.hash);
          expect(next.has(log.address)).toBe(true);
          next.set(log.address, log.data);
        }
        reserves = next;
        head = event.block;
        if (event.atHead) blind = false;
        return;
      }
      case "reverted": {
        expect(event.block.hash).toBe(head?.hash);
        const undo = journal.pop();
        if (undo === undefined) throw new Error("reverted more than was committed");
        reserves = undo.before;
        head = journal.at(-1)?.block ?? { number: undo.block.number - 1, hash: "0x" };
        return;
      }
      case "repaired":
        expect(event.block.hash).toBe(head?.hash);
        return;
      case "gap":
        blind = true;
        return;
      case "mined":
        expect(event.block.hash).toBe(head?.hash);
        return;
      case "foreseen":
      case "pending":
    }
  };

  return {
    onEvent: (event) => {
      events.push(event);
      try {
        apply(event);
      } catch (error) {
        failures.push(error);
      }
      for (const waiter of waiters) waiter();
    },
    events,
    get head() {
      return head;
    },
    get reserves() {
      return reserves;
    },
    get blind() {
      return blind;
    },
    until: async (what, holds, timeoutMs = 5000) => {
      if (failures.length === 0 && holds()) return;
      await new Promise<void>((resolve, reject) => {
        const late = setTimeout(() => {
          waiters.delete(waiter);
          const last = events
            .slice(-8)
            .map((event) => ("block" in event ? `${event.type} ${event.block.number}` : event.type));
          reject(new Error(`${what}: not in ${timeoutMs} ms; last events: ${last.join(", ")}`));
        }, timeoutMs);
        const waiter = (): void => {
          if (failures.length === 0 && !holds()) return;
          clearTimeout(late);
          waiters.delete(waiter);
          if (failures.length > 0) reject(failures[0]);
          else resolve();
        };
        waiters.add(waiter);
      });
    },
  };
}
