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
  routers: z.array(z.object({ name: z.string(), address: AddressText })),
});

/** Contracts that the product's registry does not list, at their real Polygon addresses. */
const BESIDE = {
  v3Positions: "0xc36442b4a4522e871399cd717abdd847ab11fe88",
  v3TickLens: "0xbfd8137f7d1516d3ea5ca83523914859ec47f573",
  algebraPositions: "0x8ef88e4c7cfbbac1c163f7eddd4b578792201de6",
  permit2: "0x000000000022d473030f116ddee9f6b43ac78ba3",
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
  const router = (name: string) => {
    const found = registry.routers.find((one) => one.name === name);
    if (found === undefined) throw new Error(`data/chains/137.json lists no ${name}`);
    return found.address;
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
    swapRouter02: router("uniswap_router02"),
    // npm has 2.1.0, which takes the calls of 2.0; those of 2.1.1 and 2.1.2 have another encoding.
    universalRouter: router("universal_router_2.0"),
    /** An aggregator of our own stands there, whose calldata is as opaque. */
    aggregator: router("1inch_v6"),
    ...BESIDE,
  };
}

export type DevRegistry = ReturnType<typeof readRegistry>;
