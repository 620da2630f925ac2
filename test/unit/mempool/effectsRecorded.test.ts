import { existsSync, readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { z } from "zod";
import { loadRegistry } from "../../../src/chain/registry.ts";
import type { Address, Hex } from "../../../src/chain/types.ts";
import { createDecoder } from "../../../src/mempool/decode.ts";
import { predictEffects } from "../../../src/mempool/effects.ts";
import type { DecodedTransaction } from "../../../src/mempool/routerCall.ts";
import { pooled, smallMarket } from "../../support/mempoolCalls.ts";
import { v2State } from "../../support/marketBlocks.ts";

// What Ethereum's V2 routers did to their pairs; reads ../shared/data where it is there.
const FILE = new URL("../../../../shared/data/cases/router_txs_with_effects.json.gz", import.meta.url);

const hex = z.custom<Hex>((value) => typeof value === "string" && /^0x[0-9a-f]*$/i.test(value));
const amount = z.string().transform(BigInt);
const step = z.object({
  kind: z.literal("v2"),
  pool: hex,
  token0: hex,
  token1: hex,
  amount0In: amount,
  amount1In: amount,
  amount0Out: amount,
  amount1Out: amount,
  reserve0Before: amount,
  reserve1Before: amount,
  reserve0After: amount,
  reserve1After: amount,
});
type Step = z.output<typeof step>;
const transaction = z.object({
  from: hex,
  to: hex,
  value: amount,
  input: hex,
  error: z.string().nullable(),
  steps: z.array(z.union([step, z.object({ kind: z.literal("v3") })])),
});
const document = z.object({ txs: z.array(transaction) });

const registry = loadRegistry(1);
const wrapped = registry.native.wrapped;
const decoder = createDecoder(registry.routers, wrapped);

/** The pairs as they stood before a transaction; their tokens taxed where one came back to the pair that gave it. */
function marketOf(steps: readonly Step[], dex: string) {
  const entries = steps.map((one, i) =>
    pooled(i + 1, dex, [one.token0, one.token1], v2State(one.reserve0Before, one.reserve1Before)),
  );
  const taxed = new Set<Address>(
    steps.flatMap((one) => [
      ...(one.amount0In > 0n && one.amount0Out > 0n ? [one.token0] : []),
      ...(one.amount1In > 0n && one.amount1Out > 0n ? [one.token1] : []),
    ]),
  );
  return {
    taxed: taxed.size > 0,
    ...smallMarket(entries, {
      wrappedNative: wrapped,
      timestamp: null,
      isTaxed: (token) => taxed.has(token),
    }),
  };
}

const isPair = (one: z.output<typeof transaction>["steps"][number]): one is Step => one.kind === "v2";

function readAll() {
  const { txs } = document.parse(JSON.parse(gunzipSync(readFileSync(FILE)).toString()));
  return txs.flatMap((tx) => {
    const steps = tx.steps.filter(isPair);
    const decoding = decoder.decode({ ...tx, from: tx.from, to: tx.to });
    const isV2 = decoder.routerOf(tx.to)?.family === "v2";
    return tx.error === null && decoding.type === "decoded" && isV2 ? [{ tx, steps, decoding }] : [];
  });
}

const dexOf = ({ calls }: DecodedTransaction): string => {
  const [first] = calls;
  return first?.type === "swap" ? first.dex : "";
};

test.skipIf(!existsSync(FILE))("recorded transactions did to their pairs what is predicted", () => {
  let [exact, estimates] = [0, 0];
  for (const { tx, steps, decoding } of readAll()) {
    const market = marketOf(steps, dexOf(decoding));
    const { effects, reverts, complete } = predictEffects(decoding, tx, market.view, market.context);
    const isPlain = effects.every(({ estimate }) => !estimate);
    expect([reverts, complete]).toEqual([null, true]);
    if (!isPlain) estimates++;
    else exact++;
    expect(market.taxed && isPlain).toBe(false);
    const told = effects.map((one) => [one.amountIn, one.amountOut, one.after]);
    const seen = steps.map((one) => [
      one.amount0In + one.amount1In,
      one.amount0Out + one.amount1Out,
      v2State(one.reserve0After, one.reserve1After),
    ]);
    // A taxed token may trade by itself in the midst of a transfer.
    expect(isPlain ? told : []).toEqual(isPlain ? seen : []);
  }
  expect([exact, estimates]).toEqual([78, 28]);
});
