import type { PoolState } from "../../src/amm/poolState.ts";
import type { Address } from "../../src/chain/types.ts";
import { MOST_RANKED } from "../../src/search/scan/scan.ts";
import { createScanSearch } from "../../src/search/scanSearch.ts";
import { createSearch } from "../../src/search/search.ts";
import type { Search, SearchAnswer } from "../../src/search/search.ts";
import type { Flush } from "../harness/caches.ts";
import type { BenchBlock, BenchMarket, Change } from "../market/types.ts";
import { createMarketScan } from "./marketScan.ts";

/** A market with blocks that are walked again and again. */
export interface Story {
  readonly market: BenchMarket;
  readonly blocks: readonly BenchBlock[];
  /** Recorded, not invented. */
  readonly isReal: boolean;
  /** Changes that lead back to the first states, one for each pool that ever changed. */
  readonly back: readonly Pick<Change, "pool" | "state">[];
}

export function storyOf(market: BenchMarket, blocks: readonly BenchBlock[]): Story {
  const pools = new Set(blocks.flatMap(({ changes }) => changes.map(({ pool }) => pool)));
  const back = [...pools].flatMap((pool) => {
    const state = market.states[pool] ?? null;
    return state === null ? [] : [{ pool, state }];
  });
  return { market, blocks, isReal: false, back };
}

/** One way to follow a story. */
export interface Follower {
  readonly name: string;
  /** Takes the changes of a block, or back to the start. */
  readonly take: (changes: Story["back"]) => void;
}

/** The screen alone: states into the table, quotes, the kernel of the daemon's choice. */
export function createFilter({ market }: Story): Follower & { readonly kernel: string } {
  const made = createMarketScan(market);
  const { index, table, kernel } = made.scan.parts;
  made.load(market.states);
  return {
    name: "filter",
    kernel: kernel.name,
    take: (changes) => {
      const count = made.take(changes);
      for (let at = 0; at < count; at++) table.quote(index.layout.changed[at] ?? 0);
      kernel.scan(0, count);
    },
  };
}

/** A search on its own copy of the states, for the best MOST_RANKED cycles. */
export interface Followed extends Follower {
  readonly answer: () => SearchAnswer;
}

function follow(name: string, search: Search, { market }: Story): Followed {
  const { pools } = market;
  search.addPools(pools);
  const states = new Map(
    pools.map(({ address }, i): [Address, PoolState | null] => [address, market.states[i] ?? null]),
  );
  const view = { stateOf: (pool: Address) => states.get(pool) ?? null };
  const request = { view, atRest: false, limit: MOST_RANKED };
  let answer = search.run({ ...request, changed: "all" });
  return {
    name,
    answer: () => answer,
    take: (changes) => {
      const changed: Address[] = [];
      for (const { pool, state } of changes) {
        const address = pools[pool]?.address ?? "0x";
        states.set(address, state);
        changed.push(address);
      }
      answer = search.run({ ...request, changed });
    },
  };
}

const optionsOf = ({ market }: Story, maxHops: number) => {
  const { bases, minProfit } = market;
  const [wrappedNative = "0x"] = bases;
  return { bases, maxHops, wrappedNative, isTaxed: () => false, minProfit };
};

/** The live daemon's. */
export const followByScan = (story: Story, maxHops: number): Followed =>
  follow(`scan, ${maxHops} hops`, createScanSearch(optionsOf(story, maxHops)), story);

/** The plain one, which lists all cycles. */
export const followByList = (story: Story, maxHops: number): Followed =>
  follow(`plain search, ${maxHops} hops`, createSearch(optionsOf(story, maxHops)), story);

export interface WalkOptions {
  readonly budgetMs: number;
  /** Walks that do not count, with cold code; default 1. */
  readonly warmUps?: number;
  readonly flush?: Flush;
}

/** Blocks that count, however long they take. */
const LEAST_BLOCKS = 9;

/**
 * Microseconds of each block, by follower. The story is told again and again, and each block to all followers before
 * the next; the way back does not count.
 */
export function measureStory(
  { blocks, back }: Story,
  followers: readonly Follower[],
  { budgetMs, warmUps = 1, flush = () => undefined }: WalkOptions,
): readonly (readonly number[])[] {
  const micros = followers.map((): number[] => []);
  const end = performance.now() + budgetMs;
  const isOver = (): boolean => (micros[0]?.length ?? 0) >= LEAST_BLOCKS && performance.now() > end;
  for (let walk = 0; blocks.length > 0 && !isOver(); walk++) {
    for (const { take } of followers) take(back);
    for (const [block, { changes }] of blocks.entries()) {
      for (let i = 0; i < followers.length; i++) {
        const at = (i + block) % followers.length;
        const follower = followers[at];
        flush();
        const start = performance.now();
        follower?.take(changes);
        const taken = (performance.now() - start) * 1000;
        if (walk >= warmUps) micros[at]?.push(taken);
      }
      if (isOver()) break;
    }
  }
  return micros;
}
