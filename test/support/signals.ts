import { loadRegistry } from "../../src/chain/registry.ts";
import type { SignalRules } from "../../src/control/signalsHint.ts";

/** Polygon's own addresses. */
export const USDC = "0x3c499c542cef5e3811e1192ce70d8cc03d5c3359";
export const WETH = "0x7ceb23fd6bc0add59e62ac25578270cff1b9f619";
export const WPOL = "0x0d500b1d8e8ef31e21c99d1db9a6444d3adf1270";
export const QUICKSWAP = "0xa5e0829caced8ffdd4de3c43696c57f7d7a678ff";
export const UNISWAP_V3 = "0xe592427a0aece92de3edee1f18e0157c05861564";
export const ROUTER02 = "0x68b3465833fb72a70ecdf485e0e4c7bd8665fc45";

export const NOW = Date.UTC(2026, 0, 2, 3, 4, 5);

export const rules: SignalRules = {
  chainId: 137,
  routers: loadRegistry(137).routers,
  maxAgeMs: 60_000,
  ttlMs: 5_000,
};

/** A signal as the brain of Titan 2.0 writes it: `path` holds the outputs of each step. */
export const signal = (change: Readonly<Record<string, unknown>> = {}): Record<string, unknown> => ({
  type: "INTRA_CHAIN",
  chainId: 137,
  token: USDC,
  amount: "500000000",
  protocols: [1, 0],
  routers: [UNISWAP_V3, QUICKSWAP],
  path: [WETH, USDC],
  extras: [`0x${"0".repeat(61)}1f4`, "0x"],
  ai_params: { slippage: 50, priority: 30 },
  metrics: { profit_usd: 10, fees_usd: 0.4, gas_price_gwei: 41.5, step1_output: 1, step2_output: 2 },
  timestamp: "2026-01-02T03:04:04.123456",
  ...change,
});
