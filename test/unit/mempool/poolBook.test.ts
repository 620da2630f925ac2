import { expect, test } from "vitest";
import type { ConcentratedState } from "../../../src/amm/poolState.ts";
import type { Pool } from "../../../src/chain/types.ts";
import { createPoolBook } from "../../../src/mempool/poolBook.ts";
import { addressOf, poolOf, v2State } from "../../support/marketBlocks.ts";

const [A, B] = [addressOf(0xa0), addressOf(0xb0)];
const concentrated = (kind: "v3" | "algebra", feePpm: number): ConcentratedState => ({
  kind,
  feePpm,
  tickSpacing: 60,
  sqrtPriceX96: 1n << 96n,
  tick: 0,
  liquidity: 1n,
  ticks: null,
});
const entry = (n: number, pool: Partial<Pool>, state: ConcentratedState | null) => ({
  pool: { ...poolOf(n), ...pool },
  state,
});

test("a pool is found by its exchange and its tokens in either order", () => {
  const pool = poolOf(1);
  const book = createPoolBook([{ pool, state: v2State(1n, 1n) }]);
  expect(book.find("quickswap_v2", A, B, null)).toBe(pool);
  expect(book.find("quickswap_v2", B, A, null)).toBe(pool);
  expect(book.find("sushiswap_v2", A, B, null)).toBeNull();
  expect(book.find("quickswap_v2", A, A, null)).toBeNull();
  expect(book.find("quickswap_v2", A, addressOf(0xc0), null)).toBeNull();
});

test("V3 pools of one pair stand side by side by their fee, and without a state not at all", () => {
  const v3 = { kind: "v3", dex: "uniswap_v3" } as const;
  const low = entry(1, v3, concentrated("v3", 500));
  const high = entry(2, v3, concentrated("v3", 3000));
  const book = createPoolBook([low, high, entry(3, v3, null)]);
  expect(book.find("uniswap_v3", A, B, 500)).toBe(low.pool);
  expect(book.find("uniswap_v3", B, A, 3000)).toBe(high.pool);
  expect(book.find("uniswap_v3", A, B, 100)).toBeNull();
  expect(book.find("uniswap_v3", A, B, null)).toBeNull();
});

test("V2 and Algebra pools stand by their pair, whatever they charge or hold; the first one stays", () => {
  const algebra = { kind: "algebra", dex: "quickswap_v3" } as const;
  const first = entry(1, algebra, concentrated("algebra", 777));
  const book = createPoolBook([first, entry(2, algebra, concentrated("algebra", 100)), entry(3, {}, null)]);
  expect(book.find("quickswap_v3", A, B, null)).toBe(first.pool);
  expect(book.find("quickswap_v2", A, B, null)?.address).toBe(addressOf(3));
});
