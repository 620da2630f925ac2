import { existsSync, readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { z } from "zod";
import type { Hex } from "../../../src/chain/types.ts";
import { swapsOf } from "../../../src/mempool/routerCall.ts";
import { ethereumDecoder, polygonDecoder, SENDER } from "./decodeCases.ts";

// Real transactions: they are not in this repository, and the tests pass over them where they are absent.
const DATA = new URL("../../../../shared/data/", import.meta.url);
const hex = z.custom<Hex>((value) => typeof value === "string" && /^0x[0-9a-f]*$/.test(value));
const recorded = z.object({
  chainId: z.number(),
  txs: z.array(
    z.object({
      to: hex,
      from: hex.optional(),
      value: z.string().optional(),
      input: hex,
      error: z.string().nullish(),
      steps: z
        .array(
          z.object({
            token0: hex.optional(),
            token1: hex.optional(),
            amount0In: z.string().optional(),
            amount1In: z.string().optional(),
          }),
        )
        .optional(),
      decoded: z.object({ fn: z.string(), args: z.array(z.unknown()) }).nullish(),
    }),
  ),
});

const load = (path: string) => {
  const bytes = readFileSync(new URL(path, DATA));
  return recorded.parse(JSON.parse((path.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString()));
};
type Recorded = z.output<typeof recorded>["txs"][number];

const read = (chainId: number, { to, from, value, input }: Recorded) =>
  (chainId === 1 ? ethereumDecoder : polygonDecoder).decode({
    to,
    from: from ?? SENDER,
    value: BigInt(value ?? 0),
    input,
  });

test.skipIf(!existsSync(DATA))("QuickSwap's published calldata: every swap, and nothing else", () => {
  const { chainId, txs } = load("polygon/router_calldata_polygon.json");
  let swaps = 0;
  for (const tx of txs) {
    const reading = read(chainId, tx);
    const { fn, args } = tx.decoded ?? { fn: "", args: [] };
    expect(reading.type).toBe(fn.startsWith("swap") ? "decoded" : "unsupported");
    if (reading.type !== "decoded") continue;
    swaps++;
    const [path, recipient, deadline] = args.slice(-3);
    const [swap] = swapsOf(reading.calls);
    expect(reading.functionName).toBe(fn);
    expect(swap?.path).toEqual(
      z
        .array(z.string())
        .parse(path)
        .map((token) => token.toLowerCase()),
    );
    expect(swap?.recipient).toBe(String(recipient).toLowerCase());
    expect(swap?.deadline).toBe(BigInt(String(deadline)));
  }
  expect(swaps).toBe(9);
});

test.skipIf(!existsSync(DATA))("what was mined began with the first token of the path that is read", () => {
  const { chainId, txs } = load("cases/router_txs_with_effects.json.gz");
  let looked = 0;
  for (const tx of txs) {
    const reading = read(chainId, tx);
    const [step, ...more] = tx.steps ?? [];
    // With both sides in, a token took its fee: which side was paid does not show.
    const taken = [step?.amount0In, step?.amount1In];
    if (reading.type !== "decoded" || more.length > 0 || !taken.includes("0")) continue;
    looked++;
    expect(swapsOf(reading.calls)[0]?.path[0]).toBe(taken[0] === "0" ? step?.token1 : step?.token0);
  }
  expect(looked).toBeGreaterThan(50);
});

test.skipIf(!existsSync(DATA))(
  "of the signed transactions only aggregators, liquidity and V4 are not read",
  () => {
    const { chainId, txs } = load("blocks/router_txs_signed.json.gz");
    const whys = new Set<string>();
    let swaps = 0;
    for (const tx of txs) {
      const reading = read(chainId, tx);
      if (reading.type === "decoded") swaps += swapsOf(reading.calls).length;
      else whys.add(reading.why.replace(/^\S+ is opaque$/, "opaque"));
    }
    expect([...whys].toSorted()).toEqual([
      "command 0x10",
      "function 0xaf2979eb of uniswap_v2_router",
      "function 0xded9382a of uniswap_v2_router",
      "opaque",
    ]);
    expect(swaps).toBeGreaterThan(280);
  },
);
