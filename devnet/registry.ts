import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { AddressText, HashText } from "./hex.ts";

const Registry = z.object({
  native: z.object({ wrapped: AddressText }),
  multicall3: AddressText,
  tokens: z.array(z.object({ address: AddressText, symbol: z.string(), decimals: z.number() })),
  dexes: z.array(
    z.object({
      name: z.string(),
      factory: AddressText,
      router: AddressText,
      quoter: AddressText.optional(),
      deployer: AddressText.optional(),
      initCodeHash: HashText,
    }),
  ),
});

/** Contracts that the product's registry does not list, at their real Polygon addresses. */
const BESIDE = {
  v3Positions: "0xc36442b4a4522e871399cd717abdd847ab11fe88",
  v3TickLens: "0xbfd8137f7d1516d3ea5ca83523914859ec47f573",
  swapRouter02: "0x68b3465833fb72a70ecdf485e0e4c7bd8665fc45",
  algebraPositions: "0x8ef88e4c7cfbbac1c163f7eddd4b578792201de6",
  /** V2.0, whose calls the bytecode that npm has (2.1.0) takes; those of 2.1.1 and 2.1.2 have another encoding. */
  universalRouter: "0x1095692a6237d83c6a72f3f5efedb9a670c49223",
  permit2: "0x000000000022d473030f116ddee9f6b43ac78ba3",
  /** 1inch's sixth router; an aggregator of our own stands there, whose calldata is as opaque. */
  aggregator: "0x111111125421ca6dc452d289314280a0f8842a65",
} as const;

/** The addresses of the product's own registry for chain 137: the local chain is planted where it points. */
export function readRegistry() {
  const file = join(import.meta.dirname, "../data/chains/137.json");
  const registry = Registry.parse(JSON.parse(readFileSync(file, "utf8")));
  const dex = (name: string) => {
    const found = registry.dexes.find((one) => one.name === name);
    if (found === undefined) throw new Error(`data/chains/137.json lists no ${name}`);
    return found;
  };
  const algebra = dex("quickswap_v3");
  const uniswapV2 = dex("uniswap_v2");
  return {
    tokens: registry.tokens,
    wrapped: registry.native.wrapped,
    multicall3: registry.multicall3,
    v2: [dex("quickswap_v2"), dex("sushiswap_v2"), uniswapV2],
    /** Whose pairs SwapRouter02 and the Universal Router use. */
    uniswapV2,
    v3: { ...dex("uniswap_v3"), quoter: AddressText.parse(dex("uniswap_v3").quoter) },
    algebra: {
      ...algebra,
      deployer: AddressText.parse(algebra.deployer),
      quoter: AddressText.parse(algebra.quoter),
    },
    ...BESIDE,
  };
}

export type DevRegistry = ReturnType<typeof readRegistry>;
