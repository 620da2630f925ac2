import { POLYGON_FEES } from "../../src/chain/fees.ts";
import type { EngineOptions } from "../../src/engine/engine.ts";
import type { PoolState } from "../../src/amm/poolState.ts";
import type { Address, BlockHeader, ChainLog, Hash, Hex, Pool } from "../../src/chain/types.ts";
import type { CommittedEvent, SyncedEvent } from "../../src/engine/events.ts";

/** Small hand-made markets for tests of the pure rooms. */

export const address = (n: number): Address => `0x${n.toString(16).padStart(40, "0")}`;
export const hash = (n: number): Hash => `0x${n.toString(16).padStart(64, "0")}`;
const word = (value: bigint): string => value.toString(16).padStart(64, "0");

export const WPOL = address(0x10);
export const USDC = address(0x20);
export const WETH = address(0x30);
export const UNIT = 10n ** 18n;

const SYNC: Hash = "0x1c411e9a96e071241c2f21f7726b17ae89e3cab4c78be50e062b03a9fffbbad1";

export const v2Pool = (n: number, token0: Address, token1: Address): Pool => ({
  address: address(n),
  kind: "v2",
  dex: `dex${n}`,
  token0,
  token1,
});

export const v2State = (reserve0: bigint, reserve1: bigint): PoolState => ({
  kind: "v2",
  feePpm: 3000,
  reserve0,
  reserve1,
});

/** Block `number` of a chain; another `fork` gives another hash. */
export function header(number: number, fork = 0, parentFork = fork): BlockHeader {
  return {
    number,
    hash: hash(number * 1000 + fork),
    parentHash: hash((number - 1) * 1000 + parentFork),
    timestamp: 1_700_000_000 + number * 2,
    baseFeePerGas: 30_000_000_000n,
    gasLimit: 140_000_000n,
    gasUsed: 0n,
    logsBloom: "0x",
  };
}

export function syncLog(pool: Address, reserve0: bigint, reserve1: bigint, block: BlockHeader): ChainLog {
  const data: Hex = `0x${word(reserve0)}${word(reserve1)}`;
  const { hash: blockHash, number: blockNumber } = block;
  return {
    address: pool,
    topics: [SYNC],
    data,
    blockHash,
    blockNumber,
    transactionHash: hash(7),
    logIndex: 0,
  };
}

export const synced = (block: BlockHeader, pools: SyncedEvent["pools"]): SyncedEvent => ({
  type: "synced",
  time: block.timestamp * 1000,
  block,
  pools,
});

export const committed = (
  block: BlockHeader,
  logs: readonly ChainLog[],
  more: Partial<CommittedEvent> = {},
): CommittedEvent => ({
  type: "committed",
  time: block.timestamp * 1000,
  block,
  logs,
  tainted: [],
  fees: [],
  atHead: true,
  ...more,
});

/** An engine's options for the tests; its gas and gates are round numbers. */
export const engineOptions = (minProfit: bigint, standingBlocks: number): EngineOptions => ({
  search: {
    bases: [WPOL, USDC],
    maxHops: 3,
    wrappedNative: WPOL,
    isTaxed: () => false,
    minProfit,
  },
  fees: POLYGON_FEES,
  journalDepth: 16,
  standingBlocks,
  gates: {
    gas: {
      perTransaction: 100_000n,
      perCycle: 10_000n,
      perHop: { v2: 80_000n, v3: 120_000n, algebra: 150_000n },
    },
    minNet: UNIT / 100n,
    txFeeCap: UNIT,
  },
  maxCyclesPerPlan: 4,
  quarantineBlocks: 10,
  triggers: { routers: [], ours: [] },
  backruns: { way: "bundle", minConfidenceFloat: 0.75 },
  blockSeconds: 2,
  submits: true,
  hintControlShareFloat: 0,
});
