import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { findRegistry, loadRegistry, parseRegistry } from "../../../src/chain/registry.ts";
import { EXIT, PlainError } from "../../../src/lib/errors.ts";

type Json = Record<string, unknown>;

const shipped = (chainId: number): Json => {
  const file = new URL(`../../../data/chains/${chainId}.json`, import.meta.url);
  const document: Json = JSON.parse(readFileSync(file, "utf8"));
  return document;
};
const complaint = (document: unknown): PlainError => {
  try {
    parseRegistry(document, "137.json");
  } catch (error) {
    if (error instanceof PlainError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
};

describe("the shipped registries", () => {
  test.each([
    [
      137,
      "polygon",
      "WPOL",
      [
        "quickswap_v2",
        "sushiswap_v2",
        "uniswap_v2",
        "apeswap_v2",
        "uniswap_v3",
        "quickswap_v3",
        "sushiswap_v3",
      ],
    ],
    [1, "ethereum", "WETH", ["uniswap_v2", "sushiswap_v2", "pancakeswap_v2", "uniswap_v3"]],
  ])("chain %i", (chainId, name, wrapped, dexes) => {
    const registry = loadRegistry(chainId);
    expect(registry.name).toBe(name);
    expect(registry.tokens.get(registry.native.wrapped)?.symbol).toBe(wrapped);
    expect(registry.dexes.map((dex) => dex.name)).toEqual(expect.arrayContaining(dexes));
    for (const token of [...registry.usd, ...registry.bases]) expect(registry.tokens.has(token)).toBe(true);
  });

  test.each([1, 137])("chain %i: each exchange's router is a router, and reads as its kind", (chainId) => {
    const { dexes, routers } = loadRegistry(chainId);
    for (const { name, kind, router } of dexes)
      expect(routers.find(({ address }) => address === router)).toMatchObject({ family: kind, dex: name });
  });

  test.each([
    [137, { v2: 4, v3: 2, algebra: 1, router02: 1, universal: 7 }],
    [1, { v2: 3, v3: 1, router02: 1, universal: 5 }],
  ])("chain %i: routers of each family, and aggregators", (chainId, families) => {
    const count: Record<string, number> = {};
    for (const { family } of loadRegistry(chainId).routers) count[family] = (count[family] ?? 0) + 1;
    const { opaque, ...read } = count;
    expect(read).toEqual(families);
    expect(opaque).toBeGreaterThan(10);
  });

  test("a taxed token is marked", () => {
    const taxed = [...loadRegistry(137).tokens.values()].filter((token) => token.taxed);
    expect(taxed.map(({ symbol }) => symbol)).toContain("LGNS");
  });

  test("an unknown chain has none", () => {
    expect(findRegistry(56)).toBeNull();
    expect(() => loadRegistry(56)).toThrow(/chain 56: the product ships no registry/);
  });
});

describe("a faulty registry names its file and every fault", () => {
  test("several at once", () => {
    const fault = complaint({ ...shipped(137), chainId: -1, multicall3: "0x12", extra: true });
    expect(fault.exitCode).toBe(EXIT.config);
    expect(fault.message).toMatch(/^137\.json: .*chainId.*multicall3.*extra/s);
  });

  test.each<[string, Json, RegExp]>([
    [
      "a base that is no token of it",
      { bases: [`0x${"ee".repeat(20)}`] },
      /0x(ee){20} is not among its tokens/,
    ],
    ["no base", { bases: [] }, /bases/],
    [
      "an address with capitals",
      { multicall3: `0x${"EE".repeat(20)}` },
      /multicall3: must be an address in lower case/,
    ],
    [
      "a cap that is no number",
      { chain: { ...Object(shipped(137)["chain"]), txFeeCapNative: "much" } },
      /txFeeCapNative/,
    ],
  ])("%s", (_name, change, message) => {
    expect(complaint({ ...shipped(137), ...change }).message).toMatch(message);
  });

  test("a token, an exchange or a router twice", () => {
    const document = shipped(137);
    for (const list of ["tokens", "dexes", "routers"]) {
      const entries: unknown = document[list];
      const twice = Array.isArray(entries) ? [...entries, entries[0]] : [];
      expect(complaint({ ...document, [list]: twice }).message).toMatch(/twice/);
    }
  });

  const router = { address: `0x${"ee".repeat(20)}`, name: "new_router" };
  test.each<[string, Json, RegExp]>([
    ["an unknown family", { family: "v9", dex: "uniswap_v3" }, /routers\.0\.family/],
    [
      "an unknown exchange",
      { family: "v2", dex: "nowhere" },
      /router new_router: nowhere is no v2 exchange of it/,
    ],
    ["an exchange of another kind", { family: "v3", dex: "quickswap_v2" }, /quickswap_v2 is no v3 exchange/],
    [
      "a second exchange of another kind",
      { family: "universal", dexV3: "uniswap_v3", dexV2: "quickswap_v3" },
      /quickswap_v3 is no v2 exchange/,
    ],
  ])("a router of %s", (_name, fields, message) => {
    expect(complaint({ ...shipped(137), routers: [{ ...router, ...fields }] }).message).toMatch(message);
  });

  test("no object at all", () => {
    expect(complaint(null).message).toMatch(/^137\.json: /);
  });
});
