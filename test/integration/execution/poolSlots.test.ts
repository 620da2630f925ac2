import { decodeFunctionResult, encodeFunctionData, parseAbi } from "viem";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { startDevnet, type Devnet } from "../../../devnet/devnet.ts";
import { HexText } from "../../../devnet/hex.ts";
import type { Address, BlockRef, Pool } from "../../../src/chain/types.ts";
import {
  POOL_SLOTS,
  readKnownAccounts,
  type KnownAccounts,
} from "../../../src/execution/channels/poolSlots.ts";

// On the real bytecode: Uniswap V2 and its forks, Uniswap V3, Algebra, traded through their real routers.

const ABI = parseAbi([
  "function getReserves() view returns (uint112, uint112, uint32)",
  "function slot0() view returns (uint160, int24, uint16, uint16, uint16, uint8, bool)",
  "function globalState() view returns (uint160, int24, uint16, uint16, uint8, uint8, bool)",
  "function liquidity() view returns (uint128)",
]);
const BITS = {
  getReserves: [112, 112, 32],
  slot0: [160, 24, 16, 16, 16, 8, 8],
  globalState: [160, 24, 16, 16, 8, 8, 8],
} as const;
const FIRST = { v2: "getReserves", v3: "slot0", algebra: "globalState" } as const;
const BLOCKS = 25;

let devnet: Devnet;
beforeAll(async () => {
  devnet = await startDevnet({ traders: true });
});
afterAll(() => devnet.stop());

const rpc = { request: (method: string, params: readonly unknown[]) => devnet.rpc(method, params) };
const known = (block: BlockRef): Promise<KnownAccounts> =>
  readKnownAccounts(rpc, devnet.pools, block, 10_000);

async function view(to: Address, functionName: "liquidity" | keyof typeof BITS, block: BlockRef) {
  const call = { to, data: encodeFunctionData({ abi: ABI, functionName }) };
  const data = HexText.parse(await devnet.rpc("eth_call", [call, { blockHash: block.hash }]));
  const answer: unknown = decodeFunctionResult({ abi: ABI, functionName, data });
  return [answer].flat().map((value) => BigInt(z.union([z.bigint(), z.number(), z.boolean()]).parse(value)));
}

/** Fields as Solidity packs them, the first in the lowest bits. */
const packed = (values: readonly bigint[], bits: readonly number[]): bigint => {
  let at = 0n;
  return values.reduce((word, value, i) => {
    const width = bits[i] ?? 0;
    const placed = BigInt.asUintN(width, value) << at;
    at += BigInt(width);
    return word | placed;
  }, 0n);
};

async function expectSlots({ address, kind }: Pool, accounts: KnownAccounts, block: BlockRef): Promise<void> {
  const [first, second] = POOL_SLOTS[kind].map((slot) => `0x${slot.toString(16).padStart(64, "0")}` as const);
  const words = accounts[address] ?? {};
  expect(Object.keys(words)).toEqual([first, second].filter((slot) => slot !== undefined));
  const getter = FIRST[kind];
  const fields = await view(address, getter, block);
  expect(BigInt(words[first ?? "0x"] ?? 0)).toBe(packed(fields, BITS[getter]));
  if (second === undefined) return;
  const [liquidity] = await view(address, "liquidity", block);
  // Algebra keeps the block's volume above it, V3 nothing.
  const bits = kind === "v3" ? 256 : 128;
  expect(BigInt.asUintN(bits, BigInt(words[second] ?? 0))).toBe(liquidity);
}

async function touchedIn(block: BlockRef): Promise<ReadonlySet<string>> {
  const logs = z
    .array(z.object({ address: z.string() }))
    .parse(await devnet.rpc("eth_getLogs", [{ blockHash: block.hash }]));
  return new Set(logs.map(({ address }) => address.toLowerCase()));
}

test("the slots hold what each pool's getters tell, and change in exactly the blocks in which it trades", async () => {
  const traded = new Set<string>();
  let before = await known(devnet.head());
  for (let i = 0; i < BLOCKS; i++) {
    const parent = devnet.head();
    const block = await devnet.build();
    const after = await known(block);
    const touched = await touchedIn(block);
    for (const { address, kind } of devnet.pools) {
      const same = JSON.stringify(before[address]) === JSON.stringify(after[address]);
      expect({ address, kind, same }).toEqual({ address, kind, same: !touched.has(address) });
      if (touched.has(address)) traded.add(kind);
    }
    // What stood at the parent can still be read by its hash.
    expect(await known(parent)).toEqual(before);
    before = after;
  }
  expect(traded).toEqual(new Set(["v2", "v3", "algebra"]));
  for (const pool of devnet.pools) await expectSlots(pool, before, devnet.head());
});

test("a pool taken for one of another kind is noticed where that kind's slot is empty", async () => {
  const { address } = devnet.pools.find(({ kind }) => kind === "v2") ?? { address: "0x" };
  const read = readKnownAccounts(rpc, [{ address, kind: "algebra" }], devnet.head(), 10_000);
  await expect(read).rejects.toThrow("keeps nothing where pools of kind algebra have their state");
});
