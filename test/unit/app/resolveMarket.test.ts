import { expect, test } from "vitest";
import { parseConfig } from "../../../src/app/configFile.ts";
import { resolveMarket, type ResolvedMarket } from "../../../src/app/resolveMarket.ts";
import { loadRegistry, parseRegistry } from "../../../src/chain/registry.ts";
import type { Token } from "../../../src/chain/types.ts";
import { EXIT, PlainError } from "../../../src/lib/errors.ts";

const registry = loadRegistry(137);

const resolve = (market: string, known = registry): ResolvedMarket =>
  resolveMarket(parseConfig(`[node]\nws = "ws://127.0.0.1:1"\n[market]\n${market}`, "x.toml").market, known);

function faultOf(market: string, known = registry): string {
  try {
    resolve(market, known);
  } catch (error) {
    if (error instanceof PlainError && error.exitCode === EXIT.config) return error.message;
    throw error;
  }
  throw new Error("accepted");
}

const symbols = (tokens: readonly Token[]): readonly string[] => tokens.map(({ symbol }) => symbol);
const addressOf = (symbol: string): string => {
  const found = [...registry.tokens.values()].find((token) => token.symbol === symbol);
  if (found === undefined) throw new Error(`no ${symbol}`);
  return found.address;
};

test("nothing said: all exchanges, the registry's bases, every token that is not taxed", () => {
  const { dexes, bases, tokens } = resolve("");
  expect(dexes).toEqual(registry.dexes);
  expect(bases).toEqual(registry.bases);
  expect(tokens).toEqual([...registry.tokens.values()].filter(({ taxed }) => !taxed));
});

test("tokens are named by symbol in any case or by address in any case", () => {
  const { bases } = resolve(`bases = ["wpol", "0x${addressOf("USDC").slice(2).toUpperCase()}"]`);
  expect(bases).toEqual([addressOf("WPOL"), addressOf("USDC")]);
});

test("allow and deny narrow the tokens, and bases that may not be traded fall out", () => {
  const { bases, tokens } = resolve(
    'bases = ["WPOL", "USDC", "WETH"]\ntokens_allow = ["WPOL", "USDC", "DAI"]\ntokens_deny = ["USDC"]',
  );
  expect(symbols(tokens).toSorted()).toEqual(["DAI", "WPOL"]);
  expect(bases).toEqual([addressOf("WPOL")]);
});

test("exchanges are named as the registry names them", () => {
  expect(resolve('dexes = ["uniswap_v3"]').dexes.map(({ name }) => name)).toEqual(["uniswap_v3"]);
});

test("all that is unknown is told at once, with the key it stands under", () => {
  const message = faultOf('bases = ["WPLO"]\ntokens_deny = ["0x1"]\ndexes = ["quickswap"]');
  expect(message).toContain('market.bases: "WPLO" is no token of the polygon registry');
  expect(message).toContain('market.tokens_deny: "0x1" is no token');
  expect(message).toContain('market.dexes: "quickswap" is not one of quickswap_v2, ');
});

test("a symbol that two tokens have is refused: an address says which", () => {
  const { tokens, ...rest } = registry;
  const [first] = tokens.values();
  if (first === undefined) throw new Error("no tokens");
  const twin = { ...first, address: `0x${"11".repeat(20)}` };
  const known = parseRegistry(
    { ...rest, schema: "chain-registry/1", tokens: [...tokens.values(), twin] },
    "twins",
  );
  expect(faultOf(`tokens_allow = ["${first.symbol}"]`, known)).toContain(
    `2 tokens are called "${first.symbol}", give an address`,
  );
});

test("a market without any base is refused", () => {
  expect(faultOf('bases = ["WPOL"]\ntokens_deny = ["WPOL"]')).toBe("market: no base token is left to trade");
});
