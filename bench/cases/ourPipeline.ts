import type { Address, Hash, Hex } from "../../src/chain/types.ts";
import { createAddressTable } from "../../src/chain/addressTable.ts";
import { POOL_TOPICS } from "../../src/amm/poolLog.ts";
import { createLogFrames } from "../../src/feed/frames/logFrames.ts";
import type { LogFrames } from "../../src/feed/frames/logFrames.ts";
import { LOG_KIND, unsignedOf } from "../../src/feed/frames/logRecord.ts";
import { createLocalSigner } from "../../src/execution/localSigner.ts";
import type { LocalSigner } from "../../src/execution/localSigner.ts";
import type { Primitives } from "../../src/execution/primitives.ts";
import { secret } from "../../src/lib/secret.ts";
import { hopOf } from "../../src/search/hops.ts";
import type { Cycle, Hop, Plan, PricedHop } from "../../src/search/opportunity.ts";
import { SCAN_HOPS } from "../../src/search/scan/layout.ts";
import type { ScanRequest } from "../../src/search/scan/scan.ts";
import { createSizer } from "../../src/search/scan/sizer.ts";
import type { Sizer } from "../../src/search/scan/sizer.ts";
import type { BenchMarket } from "../market/types.ts";
import type { PeerWallet } from "../references/threeHopPipeline.ts";
import { createMarketScan } from "./marketScan.ts";
import type { MarketScan } from "./marketScan.ts";

/** What one block gave. */
export interface OurAnswer {
  /** Null when nothing is worth `minProfit`. */
  raw: Hex | null;
  /** Worth of what is signed, in wei of native: an estimate; 0 for nothing. */
  worthFloat: number;
  edges: readonly number[];
  complete: boolean;
}

export interface OurPipeline {
  /** Frames of one block in, signed transaction out: the daemon's own parts, one after the other. */
  run(frames: readonly Buffer[]): OurAnswer;
  /** Without exact sizing, calldata and signature: ends with the ranked list. */
  search(frames: readonly Buffer[]): number;
  readonly market: MarketScan;
  /** Frames that were left to the general decoder: none should be. */
  readonly refused: number;
}

interface Work {
  readonly facts: BenchMarket;
  readonly wallet: PeerWallet;
  readonly market: MarketScan;
  readonly frames: LogFrames;
  readonly sizer: Sizer;
  readonly signer: LocalSigner;
  readonly request: ScanRequest;
  readonly edges: Int32Array;
  readonly answer: OurAnswer;
  refused: number;
}

export interface OurOptions {
  readonly wallet: PeerWallet;
  readonly primitives: Primitives;
  /** True: the answer in hand, for a block whose time is up at once. Default: the exact best. */
  readonly atOnce?: boolean;
  /** Microseconds from the block's start after which the search ends with what it has; default: never. */
  readonly deadlineMicros?: number;
  readonly maxHops?: number;
}

export function createOurPipeline(facts: BenchMarket, options: OurOptions): OurPipeline {
  const { wallet, primitives, atOnce = false, deadlineMicros = Infinity, maxHops = SCAN_HOPS } = options;
  const started = new Float64Array(1);
  const expired = (): boolean =>
    atOnce || (deadlineMicros < Infinity && (performance.now() - (started[0] ?? 0)) * 1000 > deadlineMicros);
  const market = createMarketScan(facts, maxHops);
  const pools = createAddressTable();
  for (const [id, { address }] of facts.pools.entries()) pools.set(address, id);
  const { table, optimum, prices, tokenIn } = market.scan.parts;
  const work: Work = {
    facts,
    wallet,
    market,
    frames: createLogFrames({ topics: Object.values(POOL_TOPICS), pools }),
    sizer: createSizer({ table, optimum, prices, tokenIn }),
    signer: createLocalSigner(secret(wallet.privateKey), primitives),
    request: { ...market.request, limit: 1, expired },
    edges: new Int32Array(SCAN_HOPS),
    answer: { raw: null, worthFloat: 0, edges: [], complete: true },
    refused: 0,
  };
  market.load(facts.states);
  return {
    run: (frames) => {
      started[0] = performance.now();
      return run(work, frames);
    },
    search: (frames) => {
      work.market.scan.search(take(work, frames), work.request);
      return work.market.scan.ranked.count;
    },
    market,
    get refused() {
      return work.refused;
    },
  };
}

/** Writes what the frames tell into the table; answers how many pools changed. */
function take(work: Work, frames: readonly Buffer[]): number {
  const { index } = work.market.scan.parts;
  let count = 0;
  for (let i = 0; i < frames.length; i++) {
    const frame = frames[i];
    if (frame === undefined || !work.frames.read(frame)) work.refused++;
    else if (takeLog(work)) index.layout.changed[count++] = work.frames.record.pool;
  }
  return count;
}

function takeLog({ frames, market }: Work): boolean {
  const { record } = frames;
  const { table } = market.scan.parts;
  if (record.pool < 0) return false;
  if (record.kind === LOG_KIND.sync) return table.takeReserves(record.pool, record.limbs);
  const state = table.exactState(record.pool);
  if (record.kind !== LOG_KIND.swap || state === null || state.kind === "v2") return false;
  const [sqrtPriceX96, liquidity] = [unsignedOf(record, 0), unsignedOf(record, 1)];
  table.set(record.pool, { ...state, sqrtPriceX96, liquidity, tick: record.signed[0] ?? 0 });
  return true;
}

function run(work: Work, frames: readonly Buffer[]): OurAnswer {
  const { market, answer, edges } = work;
  const { scan } = market;
  answer.raw = null;
  answer.worthFloat = 0;
  answer.complete = scan.search(take(work, frames), work.request);
  if (scan.ranked.count === 0) return answer;
  const hops = scan.ranked.hops(0);
  for (let hop = 0; hop < hops; hop++) edges[hop] = scan.ranked.edge(0, hop);
  const plan = planOf(work, hops);
  if (plan === null) return answer;
  answer.worthFloat = scan.ranked.worthFloat(0);
  answer.edges = [...edges.subarray(0, hops)];
  const { wallet } = work;
  const { executor, transaction } = wallet;
  answer.raw = work.signer.signPlan(plan, encodingOf(work, plan), {
    ...transaction,
    to: executor,
    value: 0n,
  });
  return answer;
}

function planOf({ facts, sizer, edges }: Work, count: number): Plan | null {
  const sizing = sizer.size(edges, 0, count);
  if (sizing === null) return null;
  const { amounts, profit } = sizing;
  const hops = [...edges.subarray(0, count)].map((edge): Hop => {
    const pool = facts.pools[edge >> 1];
    if (pool === undefined) throw new RangeError(`no pool has edge ${edge}`);
    return hopOf(pool, edge % 2 === 0);
  });
  const priced = hops.map((hop, i): PricedHop => ({
    ...hop,
    amountIn: amounts[i] ?? 0n,
    amountOut: amounts[i + 1] ?? 0n,
  }));
  const base: Address = hops[0]?.tokenIn ?? "0x";
  const cycle: Cycle = { id: "", base, hops };
  const [amountIn = 0n] = amounts;
  const opportunity = {
    cycle,
    hops: priced,
    amountIn,
    amountOut: amountIn + profit,
    profit,
    profitNativeFloat: 0,
    marginal: 1,
    verdict: "ok",
  } as const;
  return { trigger: { type: "block", number: 1, hash: BLOCK }, opportunities: [opportunity] };
}

const BLOCK: Hash = `0x${"11".repeat(32)}`;

function encodingOf({ wallet, market }: Work, { opportunities }: Plan) {
  const { index, table } = market.scan.parts;
  return {
    minProfits: opportunities.map(({ profit }) => profit),
    maxBlock: wallet.maxBlock,
    parentHash: wallet.parentHash,
    feePpmOf: (pool: Address) => table.exactState(index.poolIds.get(pool) ?? -1)?.feePpm ?? 0,
  };
}
