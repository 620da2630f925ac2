import { keccak256, toHex } from "viem";
import type { Address, Hash, Hex } from "../../src/chain/types.ts";
import { seededRandom } from "./feedRandom.ts";

/** `Sync(uint112,uint112)`. */
export const SYNC: Hash = "0x1c411e9a96e071241c2f21f7726b17ae89e3cab4c78be50e062b03a9fffbbad1";

export interface FakeLog {
  readonly address: Address;
  readonly topics: readonly Hash[];
  readonly data: Hex;
}

export interface FakeBlock {
  readonly number: number;
  readonly hash: Hash;
  readonly parent: FakeBlock | null;
  readonly timestamp: number;
  readonly logs: readonly FakeLog[];
  /** Of each pool, after this block: the truth that the feed's reader must arrive at. */
  readonly reserves: ReadonlyMap<Address, Hex>;
}

export const fakeHash = (text: string): Hash => keccak256(toHex(text));

export const fakeAddress = (i: number): Address => `0x${(0xa0000000 + i).toString(16).padStart(40, "0")}`;

const word = (value: number): string => value.toString(16).padStart(64, "0");

/** The data of a Sync. */
export const syncData = (reserve0: number, reserve1: number): Hex => `0x${word(reserve0)}${word(reserve1)}`;

/** A chain of made-up blocks that repeats with the seed: each block syncs some pools. */
export interface FakeChain {
  readonly pools: readonly Address[];
  readonly tip: FakeBlock;
  byHash(hash: string): FakeBlock | undefined;
  byNumber(number: number): FakeBlock | undefined;
  /** A new tip on `parent` (default: the tip); `touched` pools, some of them twice, and a stranger's log. */
  extend(options?: { parent?: FakeBlock; touched?: number; timestamp?: number }): FakeBlock;
  /** The block `depth` below the tip. */
  below(depth: number): FakeBlock;
  setTip(block: FakeBlock): void;
}

export function createFakeChain(seed: number, poolCount: number, now: () => number): FakeChain {
  const random = seededRandom(seed);
  const pools = Array.from({ length: poolCount }, (_, i) => fakeAddress(i));
  const blocks = new Map<string, FakeBlock>();
  const seconds = (): number => Math.floor(now() / 1000);
  const genesis: FakeBlock = {
    number: 1000,
    hash: fakeHash(`genesis ${seed}`),
    parent: null,
    timestamp: seconds(),
    logs: [],
    reserves: new Map(pools.map((pool, i) => [pool, syncData(1000 + i, 2000 + i)])),
  };
  blocks.set(genesis.hash, genesis);
  let tip = genesis;

  const below = (depth: number): FakeBlock => {
    let block = tip;
    for (let i = 0; i < depth; i++) block = block.parent ?? block;
    return block;
  };
  return {
    pools,
    get tip() {
      return tip;
    },
    byHash: (hash) => blocks.get(hash),
    byNumber: (number) => (number > tip.number ? undefined : below(tip.number - number)),
    below,
    setTip: (block) => (tip = block),
    extend: ({ parent = tip, touched = 3, timestamp = seconds() } = {}) => {
      const logs: FakeLog[] = [];
      const reserves = new Map(parent.reserves);
      for (let i = 0; i < touched; i++) {
        const address = pools[Math.floor(random() * pools.length)] ?? fakeAddress(0);
        const data = syncData(1 + Math.floor(random() * 1e9), 1 + Math.floor(random() * 1e9));
        logs.push({ address, topics: [SYNC], data });
        reserves.set(address, data);
      }
      logs.push({ address: fakeAddress(999_999), topics: [SYNC], data: syncData(1, 1) });
      const salt = Math.floor(random() * 2 ** 32);
      const hash = fakeHash(`${parent.hash} ${salt}`);
      const block = { number: parent.number + 1, hash, parent, timestamp, logs, reserves };
      blocks.set(hash, block);
      tip = block;
      return block;
    },
  };
}

const blooms = new WeakMap<readonly FakeLog[], Hex>();

/** The bloom of a block's logs, as the yellow paper defines it; each list is worked out once. */
export function bloomOfLogs(logs: readonly FakeLog[]): Hex {
  const bloom = blooms.get(logs) ?? computeBloom(logs);
  blooms.set(logs, bloom);
  return bloom;
}

function computeBloom(logs: readonly FakeLog[]): Hex {
  const bits = Array.from({ length: 2048 }, () => false);
  for (const { address, topics } of logs) {
    for (const item of [address, ...topics]) {
      const hash = keccak256(item).slice(2);
      for (const at of [0, 4, 8]) bits[Number.parseInt(hash.slice(at, at + 4), 16) % 2048] = true;
    }
  }
  let value = 0n;
  for (const [bit, set] of bits.entries()) if (set) value |= 1n << BigInt(bit);
  return `0x${value.toString(16).padStart(512, "0")}`;
}

export const headerJson = (block: FakeBlock): Record<string, unknown> => ({
  number: toHex(block.number),
  hash: block.hash,
  parentHash: block.parent?.hash ?? fakeHash("nothing"),
  timestamp: toHex(block.timestamp),
  baseFeePerGas: "0x6fc23ac00",
  gasLimit: "0x8583b00",
  gasUsed: "0x5208",
  logsBloom: bloomOfLogs(block.logs),
  extraData: "0x",
});

export const logsJson = (block: FakeBlock, removed = false): Record<string, unknown>[] =>
  block.logs.map((log, i) => ({
    ...log,
    blockHash: block.hash,
    blockNumber: toHex(block.number),
    transactionHash: fakeHash(`${block.hash} ${i}`),
    transactionIndex: toHex(i),
    logIndex: toHex(i),
    removed,
  }));
