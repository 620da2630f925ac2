import { JsonFault } from "../../src/lib/jsonScanner.ts";
import {
  createRecordingReader,
  createSnapshotReader,
  type FileReader,
  type Recording,
  type Snapshot,
} from "../../src/market/snapshotFile.ts";

export type Json = Record<string, unknown>;

export const A = "0x1000000000000000000000000000000000000001";
export const B = "0x2000000000000000000000000000000000000002";
export const V2 = "0xa000000000000000000000000000000000000001";
export const V3 = "0xa00000000000000000000000000000000000000a";
const HASH = `0x${"11".repeat(32)}`;
const Q96 = (1n << 96n).toString();

export const v2 = (change: Json = {}): Json => ({
  kind: "v2",
  address: V2,
  dex: "quickswap_v2",
  token0: A,
  token1: B,
  feePpm: 3000,
  reserve0: "1000",
  reserve1: "2000",
  ...change,
});
export const v3 = (change: Json = {}): Json => ({
  kind: "v3",
  address: V3,
  dex: "uniswap_v3",
  token0: A,
  token1: B,
  feePpm: 500,
  tickSpacing: 10,
  sqrtPriceX96: Q96,
  tick: 0,
  liquidity: "500",
  ticks: [
    [-20, "500"],
    [20, "-500"],
  ],
  ...change,
});
export const document = (pools: readonly Json[], change: Json = {}): Json => ({
  schema: "pool-snapshot/1",
  chainId: 137,
  block: 100,
  blockTime: 1_700_000_000,
  tokens: { [A]: { symbol: "AAA", decimals: 18 }, [B]: { symbol: "BBB", decimals: 6, taxed: true } },
  pools,
  ...change,
});
export const without = (value: Json, name: string): Json =>
  Object.fromEntries(Object.entries(value).filter(([key]) => key !== name));

export const read = <T>(reader: FileReader<T>, value: unknown): T => {
  reader.write(Buffer.from(typeof value === "string" ? value : JSON.stringify(value)));
  return reader.end();
};
export const snapshot = (value: unknown): Snapshot => read(createSnapshotReader(), value);
export const recording = (updates: unknown, change: Json = {}): Recording =>
  read(createRecordingReader(), document([v2(), v3()], { schema: "pool-recording/1", updates, ...change }));
export const update = (block: number, pools: unknown, change: Json = {}): Json => ({
  block,
  blockTime: 1_700_000_002,
  blockHash: HASH,
  pools,
  ...change,
});
export const faultOf = (act: () => unknown): { path: string; message: string } => {
  try {
    act();
  } catch (error) {
    if (error instanceof JsonFault) return { path: error.path, message: error.message };
    throw error;
  }
  throw new Error("nothing was refused");
};
