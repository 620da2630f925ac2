import { expect, test } from "vitest";
import { parseConfig } from "../../../src/app/configFile.ts";
import type { Config } from "../../../src/app/config.ts";
import { engineOptionsOf, feePolicyOf } from "../../../src/app/engineOptions.ts";
import { resolveMarket } from "../../../src/app/resolveMarket.ts";
import { loadRegistry } from "../../../src/chain/registry.ts";

const registry = loadRegistry(137);
const NODE = '[node]\nws = "ws://127.0.0.1:1"\n';
const configOf = (text: string): Config => parseConfig(text, "x.toml");
const optionsOf = (text: string) => {
  const config = configOf(text);
  return engineOptionsOf(config, registry, resolveMarket(config.market, registry));
};

test("decimals of the file become wei, to the last digit", () => {
  const { gates, fees } = optionsOf(
    `${NODE}[profit]\nmin_net_native = "0.000000000000000001"\n[fees]\ntip_gwei = "31.5"\nmax_tx_fee_native = "0.7"\n`,
  );
  expect(gates.minNet).toBe(1n);
  expect(fees.tip).toBe(31_500_000_000n);
  expect(fees.tipFloor).toBe(30_000_000_000n);
  expect(fees.txFeeCap).toBe(700_000_000_000_000_000n);
  expect(gates.txFeeCap).toBe(fees.txFeeCap);
});

test("the base fee's step is the chain's", () => {
  const { baseFeeStepPpm } = feePolicyOf(configOf(NODE), registry);
  expect(baseFeeStepPpm).toBe(BigInt(registry.chain.baseFeeMaxChangePct * 10_000));
  expect(baseFeeStepPpm).toBe(50_000n);
});

test("the next block is expected at a full second, never too early", () => {
  expect(registry.chain.blockTimeMs).toBe(1500);
  expect(optionsOf(NODE).blockSeconds).toBe(2);
});

test("only dry-run and live submit", () => {
  const executor = `[executor]\naddress = "0x${"11".repeat(20)}"\n`;
  const live = '[signer]\nkey = "env:KEY"\n[[channels]]\ntype = "private"\nurl = "http://127.0.0.1:1"\n';
  expect(optionsOf(NODE).submits).toBe(false);
  expect(optionsOf(`mode = "observe"\n${NODE}${executor}${live}`).submits).toBe(false);
  expect(optionsOf(`mode = "dry-run"\n${NODE}${executor}`).submits).toBe(true);
  expect(optionsOf(`mode = "live"\n${NODE}${executor}${live}`).submits).toBe(true);
});

test("search knows the operator's bases and which tokens are taxed", () => {
  const { search } = optionsOf(`${NODE}[market]\nbases = ["WPOL"]\nmax_hops = 4\n`);
  expect(search.bases).toEqual([registry.native.wrapped]);
  expect(search.maxHops).toBe(4);
  expect(search.isTaxed(registry.native.wrapped)).toBe(false);
  expect(search.isTaxed(`0x${"11".repeat(20)}`)).toBe(false);
});
