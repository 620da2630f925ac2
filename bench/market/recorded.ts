import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { ConcentratedState, PoolState, TickTable } from "../../src/amm/poolState.ts";
import { segments } from "../../src/amm/segments.ts";
import { loadRegistry, type ChainRegistry } from "../../src/chain/registry.ts";
import type { Address, Hash } from "../../src/chain/types.ts";
import { readInputFile } from "../../src/cli/inputFile.ts";
import {
  createRecordingReader,
  createSnapshotReader,
  type RecordedBlock,
  type Snapshot,
} from "../../src/market/snapshotFile.ts";
import { type LogBody, logFrame, positionLog, swapLog, syncLog } from "./frames.ts";
import { enliven } from "./living.ts";
import { concentratedMove, priceLogFloat } from "./moves.ts";
import { createRandom } from "./random.ts";
import type { BenchBlock, BenchMarket, Change, LivingMarket } from "./types.ts";

/** A real market, and the real blocks that followed where somebody recorded them. */
export interface RecordedMarket extends BenchMarket {
  readonly blocks: readonly BenchBlock[];
  /** Changes left out because one log cannot tell them: several positions moved, or one did and the price too. */
  readonly omitted: number;
}

/** Where the real data lies, beside the checkout. */
export const SHARED_DATA = fileURLToPath(new URL("../../../shared/data/", import.meta.url));

const SNAPSHOTS = [
  { name: "Ethereum 2020-10, Uniswap V2", file: "ethereum/2020-10_uniswap_v2_all_pairs.json.gz" },
  { name: "Polygon 2022-03, SushiSwap", file: "polygon/2022-03-26_sushiswap_v2.json" },
  { name: "Polygon 2024-08, V2 + V3", file: "polygon/2024-08-05_quick_uni_sushiv3.json" },
] as const;
const RECORDINGS = [
  { name: "Ethereum 2026-03, V2 + V3", file: "ethereum/recording_24699608_24699617.json.gz" },
] as const;

const MIN_PROFIT_USD = 0.05;

/** The snapshots and recordings of real markets; null where the folder is absent. */
export async function readRecorded(
  folder = SHARED_DATA,
  minProfitUsd = MIN_PROFIT_USD,
): Promise<readonly RecordedMarket[] | null> {
  if (!existsSync(folder)) return null;
  const found: RecordedMarket[] = [];
  for (const { name, file } of SNAPSHOTS) {
    const snapshot = await readInputFile(`${folder}/${file}`, createSnapshotReader());
    found.push({ ...marketOf(name, snapshot, minProfitUsd), blocks: [], omitted: 0 });
  }
  for (const { name, file } of RECORDINGS) {
    const recording = await readInputFile(`${folder}/${file}`, createRecordingReader());
    const market = marketOf(name, recording, minProfitUsd);
    found.push({ ...market, ...blocksOf(market, recording.updates) });
  }
  return found;
}

function marketOf(name: string, snapshot: Snapshot, minProfitUsd: number): BenchMarket {
  const registry = loadRegistry(snapshot.chainId);
  const { wrapped } = registry.native;
  const bases = [wrapped, ...registry.bases.filter((base) => base !== wrapped && snapshot.tokens.has(base))];
  return {
    name,
    bases,
    tokens: [...snapshot.tokens.values()],
    pools: snapshot.pools.map(({ pool }) => pool),
    states: snapshot.pools.map(({ state }) => state),
    minProfit: BigInt(Math.round(minProfitUsd * weiPerUsdFloat(snapshot, registry))),
  };
}

/** By the pool of the wrapped native token and a dollar token that holds most of the former near its price. */
function weiPerUsdFloat({ pools, tokens }: Snapshot, registry: ChainRegistry): number {
  const { wrapped } = registry.native;
  let [deepest, rate] = [0, 0];
  for (const { pool, state } of pools) {
    const usd = pool.token0 === wrapped ? pool.token1 : pool.token0;
    const hasNative = pool.token0 === wrapped || pool.token1 === wrapped;
    if (!hasNative || state === null || !registry.usd.includes(usd)) continue;
    const [segment] = segments(state, pool.token0 === usd, 1);
    if (segment === undefined || segment.reserveOutFloat <= deepest) continue;
    deepest = segment.reserveOutFloat;
    rate = (segment.reserveOutFloat / segment.reserveInFloat) * 10 ** (tokens.get(usd)?.decimals ?? 0);
  }
  if (rate === 0) throw new RangeError("no pool says what the native token costs in dollars");
  return rate;
}

type Blocks = Pick<RecordedMarket, "blocks" | "omitted">;

function blocksOf(market: BenchMarket, updates: readonly RecordedBlock[]): Blocks {
  const numbers = new Map(market.pools.map(({ address }, i): [Address, number] => [address, i]));
  const states = [...market.states];
  const random = createRandom(1, "transactions");
  let omitted = 0;
  const blocks = updates.map(({ block, blockTime, blockHash, pools }): BenchBlock => {
    const changes: Change[] = [];
    const hash: Hash = `0x${blockHash.slice(2)}`;
    for (const { address, state } of pools) {
      const pool = numbers.get(address) ?? -1;
      const body = state === null ? null : bodyOf(states[pool] ?? null, state);
      if (state === null || body === null) {
        omitted++;
        continue;
      }
      states[pool] = state;
      const place = { blockNumber: block, blockHash: hash, blockTimestamp: blockTime };
      const transactionHash: Hash = `0x${random.hex(32)}`;
      const index = { transactionHash, transactionIndex: changes.length, logIndex: 4 * changes.length };
      changes.push({ pool, state, frame: logFrame(address, body, { ...place, ...index }) });
    }
    return { number: block, changes };
  });
  return { blocks, omitted };
}

/** The one log that leads from a state to the next; null where there is none. */
function bodyOf(before: PoolState | null, after: PoolState): LogBody | null {
  if (before === null) return null;
  if (after.kind === "v2") return syncLog(after);
  if (before.kind === "v2") return null;
  if (sameTicks(before.ticks, after.ticks)) return swapBody(before, after);
  return before.sqrtPriceX96 === after.sqrtPriceX96 ? positionBody(before.ticks, after.ticks) : null;
}

/** The amounts are those of one swap from price to price, should there have been several. */
const swapBody = (before: ConcentratedState, after: ConcentratedState): LogBody => {
  const move = concentratedMove(before, after.sqrtPriceX96);
  const whole = move !== null && move.state.kind !== "v2" && move.state.tick === after.tick;
  return whole ? move.body : swapLog(after, 0n, 0n);
};

const sameTicks = (a: TickTable | null, b: TickTable | null): boolean =>
  a === b || (a !== null && b !== null && differences(a, b).length === 0);

/** Ticks whose net liquidity differs, ascending, with what came to it. */
function differences(before: TickTable, after: TickTable): readonly (readonly [number, bigint])[] {
  const nets = new Map<number, bigint>();
  after.indexes.forEach((tick, i) => nets.set(tick, after.liquidityNet[i] ?? 0n));
  before.indexes.forEach((tick, i) =>
    nets.set(tick, (nets.get(tick) ?? 0n) - (before.liquidityNet[i] ?? 0n)),
  );
  return [...nets].filter(([, net]) => net !== 0n).toSorted(([a], [b]) => a - b);
}

function positionBody(before: TickTable | null, after: TickTable | null): LogBody | null {
  if (before === null || after === null) return null;
  const [lower, upper, ...more] = differences(before, after);
  if (lower === undefined || upper === undefined || more.length > 0 || lower[1] !== -upper[1]) return null;
  return positionLog(lower[0], upper[0], lower[1]);
}

const movable = (state: PoolState | null): state is PoolState =>
  state !== null && (state.kind === "v2" || state.ticks !== null);

/**
 * A real market with invented trades: pools move about the price they have, as far as their fee and a tenth of a
 * percent, the ones of much traded tokens more often. Pools whose ticks nobody knows stand still.
 */
export function enlivenRecorded(market: BenchMarket, seed: number): LivingMarket {
  const degrees = new Map<Address, number>();
  const addDegree = (token: Address): void => void degrees.set(token, (degrees.get(token) ?? 0) + 1);
  for (const { token0, token1 } of market.pools) {
    addDegree(token0);
    addDegree(token1);
  }
  const popularity = ({ token0, token1 }: { readonly token0: Address; readonly token1: Address }): number =>
    Math.sqrt((degrees.get(token0) ?? 0) * (degrees.get(token1) ?? 0));
  const { states, pools } = market;
  return enliven(market, {
    seed,
    fairLog: Float64Array.from(states, (state) => (movable(state) ? priceLogFloat(state) : 0)),
    band: Float64Array.from(states, (state) => (state === null ? 0 : state.feePpm / 1e6 + 0.001)),
    weight: Float64Array.from(pools, (pool, i) => (movable(states[i] ?? null) ? popularity(pool) : 0)),
  });
}
