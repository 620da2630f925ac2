import type { PoolState } from "../../src/amm/poolState.ts";
import type { Hash } from "../../src/chain/types.ts";
import { logFrame } from "./frames.ts";
import { moveTo } from "./moves.ts";
import { createRandom, createWeightedDraw } from "./random.ts";
import type { BenchBlock, BenchMarket, Change, LivingMarket } from "./types.ts";

/** How the pools of a market move; all three by index of the pool. */
export interface Motion {
  readonly seed: number;
  /** Logarithm of the price (raw token1 per raw token0) that a pool stays near. */
  readonly fairLog: Float64Array;
  /** Largest distance from it, in the logarithm, that gas and fee leave alone. */
  readonly band: Float64Array;
  /** How often a pool trades, relative to others; 0: never. */
  readonly weight: Float64Array;
  /** Number of the first block; default 70,000,000. */
  readonly firstBlock?: number;
}

const FIRST_BLOCK = 70_000_000;
const FIRST_TIMESTAMP = 1_760_000_000;
const BLOCK_SECONDS = 2;
/** One trade in a hundred is too large, and dislocates its pool by so much beyond the band. */
const DISLOCATED = 0.01;
const LEAST_DISLOCATION = 0.006;
const MOST_DISLOCATION = 0.026;

/** Gives a market a seeded future. What a trade dislocates, the next block closes again. */
export function enliven(market: BenchMarket, motion: Motion): LivingMarket {
  const { fairLog, band, weight } = motion;
  const random = createRandom(motion.seed, "blocks");
  const drawPool = createWeightedDraw(weight);
  const movable = weight.reduce((count, each) => count + (each > 0 ? 1 : 0), 0);
  const states: (PoolState | null)[] = [...market.states];
  const lastBlock = new Float64Array(states.length);
  let open: number[] = [];
  let number = motion.firstBlock ?? FIRST_BLOCK;
  let timestamp = FIRST_TIMESTAMP;

  const draw = (): number => {
    for (let tries = 0; tries < 200; tries++) {
      const pool = drawPool(random);
      if (lastBlock[pool] !== number) return pool;
    }
    // Nearly all popular ones are taken: the next free one.
    let pool = random.below(states.length);
    while ((weight[pool] ?? 0) === 0 || lastBlock[pool] === number) pool = (pool + 1) % states.length;
    return pool;
  };
  const strayOf = (pool: number, mayDislocate: boolean): number => {
    const stray = (band[pool] ?? 0) * (2 * random.next() - 1);
    if (!mayDislocate || random.next() >= DISLOCATED) return stray;
    open.push(pool);
    return stray + Math.sign(stray) * random.between(LEAST_DISLOCATION, MOST_DISLOCATION);
  };
  const nextBlock = (k: number): BenchBlock => {
    if (!Number.isInteger(k) || k < 0 || k > movable)
      throw new RangeError(`${k} pools cannot change: ${movable} can`);
    number++;
    timestamp += BLOCK_SECONDS;
    const closing = open.slice(0, k);
    open = open.slice(k);
    const blockHash: Hash = `0x${random.hex(32)}`;
    const changes: Change[] = [];
    let logIndex = random.below(20);
    for (let i = 0; i < k; i++) {
      const pool = closing[i] ?? draw();
      lastBlock[pool] = number;
      const before = states[pool];
      const facts = market.pools[pool];
      if (before === undefined || before === null || facts === undefined)
        throw new RangeError(`pool ${pool} cannot trade: it has no state`);
      const { state, body } = moveTo(before, (fairLog[pool] ?? 0) + strayOf(pool, i >= closing.length));
      states[pool] = state;
      const transactionHash: Hash = `0x${random.hex(32)}`;
      const place = { blockNumber: number, blockHash, blockTimestamp: timestamp, transactionHash };
      const frame = logFrame(facts.address, body, { ...place, transactionIndex: i, logIndex });
      // Between two of these lie transfers, which nobody subscribed to.
      logIndex += 3 + random.below(5);
      changes.push({ pool, state, frame });
    }
    return { number, changes };
  };
  return { ...market, nextBlock, stateOf: (pool) => states[pool] ?? null };
}
