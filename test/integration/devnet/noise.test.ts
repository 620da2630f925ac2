import { decodeAbiParameters } from "viem";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { traderAccounts } from "../../../devnet/accounts.ts";
import { startDevnet } from "../../../devnet/devnet.ts";
import type { Devnet, DevnetOptions } from "../../../devnet/devnet.ts";
import { FLOW_KINDS } from "../../../devnet/flow/kinds.ts";
import { VENUES, pricedTokens } from "../../../devnet/market.ts";
import { createNoise } from "../../../devnet/noise.ts";
import type { NoiseOptions, NoiseTrade } from "../../../devnet/noise.ts";
import { readRegistry } from "../../../devnet/registry.ts";
import { HexText, toAddress } from "../../../devnet/hex.ts";

const RESERVES = [{ type: "uint112" }, { type: "uint112" }, { type: "uint32" }] as const;

const registry = readRegistry();
const traders = traderAccounts().map(({ address }) => address);

let devnets: Devnet[] = [];
afterEach(async () => {
  for (const devnet of devnets) await devnet.stop();
  devnets = [];
});
async function start(options: DevnetOptions): Promise<Devnet> {
  const devnet = await startDevnet(options);
  devnets.push(devnet);
  return devnet;
}

/** The trades of so many blocks, on paper: pools stand anywhere. */
function onPaper(options: NoiseOptions, blocks: number): readonly (readonly NoiseTrade[])[] {
  const pools = VENUES.map((_, i) => toAddress(`0x${(i + 1).toString(16).padStart(40, "0")}`));
  const noise = createNoise({ registry, tokens: pricedTokens(registry), pools, traders }, options);
  return Array.from({ length: blocks }, (_, i) => noise(options.firstBlock + i));
}

const SEEDED: NoiseOptions = { seed: 7, firstBlock: 10 };

/** What of trades does not depend on where pools stand. */
const bare = (trades: readonly NoiseTrade[] = []) =>
  trades.map(({ kind, trader, fees }) => [kind, trader, fees]);

describe("on paper", () => {
  let blocks: readonly (readonly NoiseTrade[])[] = [];
  beforeAll(() => {
    blocks = onPaper(SEEDED, 400);
  });
  const all = () => blocks.flat();

  test("a block's trades depend on seed and number alone, not on what was asked before", () => {
    expect(onPaper(SEEDED, 120).at(-1)).toEqual(blocks[119]);
    expect(onPaper({ seed: 8, firstBlock: 10 }, 120).at(-1)).not.toEqual(blocks[119]);
    const pools = VENUES.map(() => registry.wrapped);
    const alone = createNoise({ registry, tokens: pricedTokens(registry), pools, traders }, SEEDED);
    expect(bare(alone(129))).toEqual(bare(blocks[119]));
  });

  test("every kind occurs, and none is more than a third of the trades", () => {
    const counts = new Map<string, number>();
    for (const { kind } of all()) counts.set(kind, (counts.get(kind) ?? 0) + 1);
    const missing = FLOW_KINDS.filter(({ name }) => !counts.has(name)).map(({ name }) => name);
    expect(missing).toEqual([]);
    expect(Math.max(...counts.values()) / all().length).toBeLessThan(1 / 3);
  });

  test("types 0, 1 and 2; fees that nodes take; some trades made to fail", () => {
    const typed = all().map(({ fees }) =>
      "maxFeePerGas" in fees ? 2 : fees.accessList === undefined ? 0 : 1,
    );
    for (const type of [0, 1, 2]) expect(typed.filter((one) => one === type).length).toBeGreaterThan(50);
    for (const { fees, call } of all()) {
      const cap = "maxFeePerGas" in fees ? fees.maxFeePerGas : fees.gasPrice;
      expect(cap * call.gas).toBeLessThanOrEqual(10n ** 18n);
    }
    const failing = all().filter(({ fails }) => fails).length;
    expect(failing / blocks.length).toBeGreaterThan(0.1);
    expect(failing / blocks.length).toBeLessThan(0.3);
  });

  test("now and then one sender has several pending nonces, most have one", () => {
    const repeated = blocks.filter(
      (trades) => new Set(trades.map(({ trader }) => trader)).size < trades.length,
    );
    expect(repeated.length / blocks.length).toBeGreaterThan(0.1);
    expect(repeated.length / blocks.length).toBeLessThan(0.45);
  });

  test("flow opens only the wanted kinds; what is made to come back may need another function", () => {
    const native = onPaper({ ...SEEDED, flow: ["universal.nativeIn"] }, 30).flat();
    const kinds = new Set(native.map(({ kind }) => kind));
    expect(kinds.has("universal.nativeIn")).toBe(true);
    const opened = native.filter(({ kind }) => kind === "universal.nativeIn").length;
    expect(opened / native.length).toBeGreaterThan(0.45);
    const universal = onPaper({ ...SEEDED, flow: ["universal", "router02"] }, 30).flat();
    expect(universal.every(({ kind }) => /^(universal|router02)\./.test(kind))).toBe(true);
    expect(() => onPaper({ ...SEEDED, flow: ["v2.swapMagic"] }, 1)).toThrow("v2.swapMagic");
  });
});

test("on the chain what is made to fail fails, nearly all else succeeds, and nobody's nonce is lost", async () => {
  const devnet = await start({ traders: true, seed: 31 });
  const firstBlock = devnet.head().number + 1;
  const noise = createNoise({ ...devnet.market, traders }, { seed: 31, firstBlock });
  const rows: { fails: boolean; ok: boolean | undefined }[] = [];
  for (let i = 0; i < 40; i++) {
    const wanted = noise(firstBlock + i);
    const { transactions } = await devnet.build();
    expect(transactions.length).toBe(wanted.length);
    for (const { trader, call, fails } of wanted) {
      const row = transactions.find(
        ({ from, signed }) => from === traders[trader] && signed.body["input"] === call.data,
      );
      rows.push({ fails, ok: row?.ok });
    }
  }
  const doomed = rows.filter(({ fails }) => fails);
  const planned = rows.filter(({ fails }) => !fails);
  expect(doomed.length).toBeGreaterThan(0);
  expect(doomed.every(({ ok }) => ok === false)).toBe(true);
  expect(planned.length).toBeGreaterThan(200);
  expect(planned.every(({ ok }) => ok !== undefined)).toBe(true);
  expect(planned.filter(({ ok }) => ok === false).length / planned.length).toBeLessThan(0.04);
});

test("prices stay near their anchors, with nobody to take the difference", async () => {
  const devnet = await start({ traders: true, seed: 9 });
  await devnet.build(60);
  const micro = (token: string): number => {
    const found = devnet.tokens.find(({ address }) => address === token);
    if (found === undefined) throw new Error(`no token ${token}`);
    return Number(found.priceMicroUsd) / 10 ** found.decimals;
  };
  const deviations: number[] = [];
  for (const { address, token0, token1 } of devnet.pools.filter(({ kind }) => kind === "v2")) {
    const answer = await devnet.rpc("eth_call", [{ to: address, data: "0x0902f1ac" }, "latest"]);
    const [reserve0, reserve1] = decodeAbiParameters(RESERVES, HexText.parse(answer));
    const worth0 = Number(reserve0) * micro(token0);
    deviations.push(Math.abs((Number(reserve1) * micro(token1)) / worth0 - 1));
  }
  const sorted = deviations.toSorted((a, b) => a - b);
  expect(sorted.at(-1)).toBeLessThan(0.1);
  expect(sorted[Math.floor(sorted.length / 2)]).toBeLessThan(0.02);
  // They do move: there is something to earn.
  expect(sorted.at(-1)).toBeGreaterThan(0.005);
});

test("the devnet's traders keep to the wanted flow", async () => {
  const devnet = await start({ traders: true, seed: 5, flow: ["universal"] });
  const { universalRouter } = devnet.registry;
  const rows = [];
  for (let i = 0; i < 6; i++) rows.push(...(await devnet.build()).transactions);
  expect(rows.length).toBeGreaterThan(15);
  expect(rows.every(({ to }) => to === universalRouter)).toBe(true);
  await expect(startDevnet({ traders: true, flow: ["nothing"] })).rejects.toThrow(
    "the traders know no nothing",
  );
});
