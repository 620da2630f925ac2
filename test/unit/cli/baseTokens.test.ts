import { describe, expect, test } from "vitest";
import { loadRegistry } from "../../../src/chain/registry.ts";
import type { Address, Token } from "../../../src/chain/types.ts";
import { chooseBases } from "../../../src/cli/baseTokens.ts";
import { EXIT, PlainError } from "../../../src/lib/errors.ts";
import type { Snapshot } from "../../../src/market/snapshotFile.ts";

const registry = loadRegistry(137);
const WPOL: Address = "0x0d500b1d8e8ef31e21c99d1db9a6444d3adf1270";
const WETH: Address = "0x7ceb23fd6bc0add59e62ac25578270cff1b9f619";
const FAKE: Address = "0x00000000000000000000000000000000000000f1";
const FAKER: Address = "0x00000000000000000000000000000000000000f2";

const snapshot = (...tokens: readonly [Address, string][]): Snapshot => ({
  chainId: 137,
  block: null,
  blockTime: null,
  pools: [],
  tokens: new Map(
    tokens.map(([address, symbol]): [Address, Token] => [
      address,
      { address, symbol, decimals: 18, taxed: false },
    ]),
  ),
});
const refusal = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    if (error instanceof PlainError && error.exitCode === EXIT.usage) return error.message;
    throw error;
  }
  throw new Error("nothing was refused");
};

describe("by name", () => {
  test("symbols and addresses in any case, each once, in the order asked for", () => {
    const file = snapshot([WPOL, "WPOL"], [WETH, "WETH"]);
    const shouted = `0x${WETH.slice(2).toUpperCase()}`;
    expect(chooseBases([shouted, "WPOL", "weth"], file, registry)).toEqual([WETH, WPOL]);
  });

  test("the exact spelling goes first", () => {
    expect(chooseBases(["weth"], snapshot([FAKE, "weth"], [FAKER, "WETH"]), null)).toEqual([FAKE]);
  });

  test("among copies of a symbol the registry's token is meant", () => {
    expect(chooseBases(["WETH"], snapshot([FAKE, "WETH"], [WETH, "WETH"]), registry)).toEqual([WETH]);
  });

  test("a symbol of several tokens is refused, and all of them named", () => {
    const message = refusal(() => chooseBases(["USDX"], snapshot([FAKE, "USDX"], [FAKER, "USDX"]), registry));
    expect(message).toMatch(/--base USDX: 2 tokens/);
    expect(message).toContain(FAKE);
    expect(message).toContain(FAKER);
  });

  test("an unknown symbol is refused, what could harm a terminal left out", () => {
    const message = refusal(() => chooseBases(["\u001b[2JNO"], snapshot([WPOL, "WPOL"]), registry));
    expect(message).toBe("--base [2JNO: no token of the file has this symbol");
  });

  test("an address that the file lacks is taken: it starts no cycle", () => {
    expect(chooseBases([FAKE], snapshot([WPOL, "WPOL"]), registry)).toEqual([FAKE]);
  });
});

describe("by default", () => {
  test("the chain's bases that the file has, in the registry's order", () => {
    expect(chooseBases([], snapshot([WETH, "x"], [FAKE, "y"], [WPOL, "z"]), registry)).toEqual([WPOL, WETH]);
  });

  test("none: a name is asked for", () => {
    expect(refusal(() => chooseBases([], snapshot([FAKE, "y"]), registry))).toMatch(
      /name one or more with --base/,
    );
    expect(refusal(() => chooseBases([], snapshot([FAKE, "y"]), null))).toMatch(/chain 137/);
  });
});
