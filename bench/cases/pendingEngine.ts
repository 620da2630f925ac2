import { privateKeyToAddress } from "viem/accounts";
import { engineOptionsOf } from "../../src/app/engineOptions.ts";
import { parseConfig } from "../../src/app/configFile.ts";
import type { Config } from "../../src/app/config.ts";
import { loadRegistry, type ChainRegistry } from "../../src/chain/registry.ts";
import type { Address, BlockHeader, ChainLog, Hash, Hex } from "../../src/chain/types.ts";
import type { EngineOptions } from "../../src/engine/engine.ts";
import type { CommittedEvent, SyncedEvent } from "../../src/engine/events.ts";
import type { BenchMarket } from "../market/types.ts";
import { BENCH_KEY, EXECUTOR } from "./plans.ts";

/** Who signs. */
export const BENCH_OPERATOR: Address = lowered(privateKeyToAddress(BENCH_KEY));

function lowered(address: Hex): Address {
  return `0x${address.slice(2).toLowerCase()}`;
}

/** The daemon's own configuration, as far as a benchmark has to say something. */
export const BENCH_KEY_NAME = "TURBO_MEV_BENCH_KEY";

export interface BenchNode {
  readonly ws: string;
  readonly relay: string;
}

const NOWHERE: BenchNode = { ws: "ws://127.0.0.1:1", relay: "http://127.0.0.1:1" };

/** `live` through one relay; all else is the default. */
export const benchConfig = ({ ws, relay }: BenchNode = NOWHERE): Config =>
  parseConfig(
    `mode = "live"
[node]
ws = "${ws}"
[executor]
address = "${EXECUTOR}"
[signer]
key = "env:${BENCH_KEY_NAME}"
[[channels]]
type = "flashbots"
name = "relay"
url = "${relay}"`,
    "bench.toml",
  );

export const POLYGON: ChainRegistry = loadRegistry(137);

/** The options of a live daemon on this market, which looks for nothing below its least profit. */
export function benchEngineOptions(market: BenchMarket, config = benchConfig()): EngineOptions {
  const { bases, tokens, minProfit } = market;
  const options = engineOptionsOf(config, POLYGON, { dexes: [], bases, tokens });
  const { search, gates } = options;
  return { ...options, search: { ...search, minProfit }, gates: { ...gates, minNet: minProfit } };
}

const GWEI = 1_000_000_000n;
const FIRST_BLOCK = 70_000_000;
const FIRST_TIMESTAMP = 1_760_000_000;
const BLOCK_SECONDS = 2;

/** Names a block by its number. */
export const hashOfBlock = (number: number): Hash => `0x${number.toString(16).padStart(64, "b")}`;

/** The header of the block so many after the market's first. */
export function benchHeader(after: number): BlockHeader {
  const number = FIRST_BLOCK + after;
  return {
    number,
    hash: hashOfBlock(number),
    parentHash: hashOfBlock(number - 1),
    timestamp: FIRST_TIMESTAMP + BLOCK_SECONDS * after,
    baseFeePerGas: 30n * GWEI,
    gasLimit: 140_000_000n,
    gasUsed: 70_000_000n,
    logsBloom: `0x${"00".repeat(256)}`,
  };
}

/** The market as the loader gives it. */
export const syncedEvent = ({ pools, states }: BenchMarket): SyncedEvent => ({
  type: "synced",
  time: 0,
  block: benchHeader(0),
  pools: pools.map((pool, i) => ({ pool, state: states[i] ?? null })),
});

/** The block so many after the first, with these logs of our pools. */
export const blockWith = (after: number, logs: readonly ChainLog[] = []): CommittedEvent => ({
  type: "committed",
  time: 0,
  block: benchHeader(after),
  logs,
  tainted: [],
  fees: [],
  atHead: true,
});
