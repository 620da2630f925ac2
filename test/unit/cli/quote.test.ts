import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { quote } from "../../../src/cli/quote.ts";
import { document, v2, v3, V2, V3, without, type Json } from "../../support/snapshotDocuments.ts";

const folder = mkdtempSync(join(tmpdir(), "quote-"));
afterAll(() => rmSync(folder, { recursive: true }));
const EMPTY = `0xb${"0".repeat(39)}`;
const snapshot = join(folder, "snapshot.json");
writeFileSync(snapshot, JSON.stringify(document([v2(), v3(), v2({ address: EMPTY, reserve0: "0" })])));

async function* pieces(text: string, size: number): AsyncGenerator<Buffer> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/** The answers to the lines, fed in pieces of `size` bytes. */
const ask = async (text: string, size = 1 << 16): Promise<string[]> => {
  let out = "";
  const output = {
    write: async (answers: string) => {
      out += answers;
    },
  };
  await quote({ snapshot }, pieces(text, size), output);
  return out.split("\n").filter((line) => line !== "");
};

const request = (change: Json = {}): Json => ({
  id: "a",
  pool: V2,
  zeroForOne: true,
  amountIn: "100",
  ...change,
});
const line = (change: Json = {}): string => JSON.stringify(request(change));
const FINE =
  '{"id":"a","amountIn":"100","amountOut":"181","complete":true,"after":{"reserve0":"1100","reserve1":"1819"}}';

describe("answers", () => {
  test("by input and by output, with the state after", async () => {
    // 2000 * 100 * 997000 / (1000 * 1000000 + 100 * 997000) = 181.3
    expect(await ask(line())).toEqual([FINE]);
    expect(await ask(JSON.stringify({ ...without(request(), "amountIn"), amountOut: "181" }))).toEqual([
      FINE,
    ]);
  });

  test("a concentrated pool, whole or up to a price", async () => {
    const ticks = [
      [-20, "1000000"],
      [20, "-1000000"],
    ];
    const deep = v3({ liquidity: "1000000", ticks });
    const [whole, part] = await ask(
      `${line({ pool: V3, amountIn: "1" })}\n${line({ pool: deep, amountIn: "9000", sqrtPriceLimitX96: "79220000000000000000000000000" })}`,
    );
    // The price stood on tick 0, and the contract's first step downwards ends there.
    expect(JSON.parse(whole ?? "")).toMatchObject({
      amountOut: "0",
      complete: true,
      after: { tick: -1, liquidity: "500" },
    });
    expect(JSON.parse(part ?? "")).toMatchObject({
      complete: false,
      after: { sqrtPriceX96: "79220000000000000000000000000", tick: -3 },
    });
  });

  test("a pool given whole, without the name of its exchange", async () => {
    expect(await ask(line({ pool: without(v2({ token0: `0x${"AB".repeat(20)}` }), "dex") }))).toEqual([FINE]);
  });

  test.each([
    ["text", '"x\\u0000\\ud800"'],
    ["a number of 30 digits", "123456789012345678901234567890"],
    ["a number with a fraction", "1.50"],
    ["true", "true"],
    ["null", "null"],
  ])("the id as it came: %s", async (_name, id) => {
    const [answer] = await ask(line().replace('"a"', id));
    expect(answer).toBe(FINE.replace('"a"', id));
  });

  test("in order, however the stream is cut, blank lines left out", async () => {
    const lines = [line({ id: 1 }), "", "nonsense", line({ id: 2 }), "  \r", `${line({ id: 3 })}\r`].join(
      "\n",
    );
    const whole = await ask(lines);
    expect(whole.map((answer) => Object(JSON.parse(answer))["id"])).toEqual([1, null, 2, 3]);
    for (const size of [1, 2, 7, 64]) expect(await ask(lines, size)).toEqual(whole);
    expect(await ask(`${lines}\n`)).toEqual(whole);
  });
});

describe("refusals", () => {
  test.each<[string, string, string | null, string, RegExp]>([
    ["no JSON", "no json", null, "bad_json", /"no" where a value should stand at line 1, column 1/],
    ["cut off behind the id", '{"id":"a"', "a", "bad_json", /cut off/],
    ["an array", "[]", null, "bad_request", /expected an object/],
    ["null", "null", null, "bad_request", /expected an object/],
    ["a number", "17", null, "bad_request", /expected an object/],
    ["an empty object", "{}", null, "bad_request", /pool: is missing/],
    ["an id that is an object", line({ id: {} }), null, "bad_request", /id: expected a plain value/],
    [
      "no pool of the snapshot",
      line({ pool: `0x${"ee".repeat(20)}` }),
      "a",
      "unknown_pool",
      /has no pool 0xeeee/,
    ],
    ["a pool that is a number", line({ pool: 7 }), "a", "bad_request", /pool: expected an address/],
    ["a pool with an empty reserve", line({ pool: EMPTY }), "a", "not_priced", /cannot be priced/],
    [
      "a pool without a price",
      line({ pool: v3({ sqrtPriceX96: null }) }),
      "a",
      "not_priced",
      /cannot be priced/,
    ],
    ["a faulty pool", line({ pool: v2({ reserve0: "-3" }) }), "a", "bad_request", /pool\.reserve0/],
    [
      "a pool at odds with itself",
      line({ pool: v3({ liquidity: "5" }) }),
      "a",
      "bad_request",
      /pool\.liquidity/,
    ],
    ["ticks that are text", line({ pool: v3({ ticks: "x" }) }), "a", "bad_request", /pool\.ticks/],
    ["a negative amount", line({ amountIn: "-1" }), "a", "bad_request", /amountIn/],
    ["an amount with an exponent", line({ amountIn: "1e5" }), "a", "bad_request", /amountIn/],
    ["an amount beyond uint256", line({ amountIn: String(1n << 256n) }), "a", "bad_request", /amountIn/],
    [
      "an amount of 2,000,000 digits",
      line({ amountIn: "9".repeat(2e6) }),
      "a",
      "bad_request",
      /amountIn: longer than 128/,
    ],
    ["no amount", line({ amountIn: undefined }), "a", "bad_request", /either amountIn or amountOut/],
    ["both amounts", line({ amountOut: "5" }), "a", "bad_request", /either amountIn or amountOut/],
    ["no direction", line({ zeroForOne: undefined }), "a", "bad_request", /zeroForOne: is missing/],
    [
      "a direction in words",
      line({ zeroForOne: "yes" }),
      "a",
      "bad_request",
      /zeroForOne: expected true or false/,
    ],
    [
      "a limit in words",
      line({ pool: V3, sqrtPriceLimitX96: "low" }),
      "a",
      "bad_request",
      /sqrtPriceLimitX96/,
    ],
    [
      "a limit on a v2 pool",
      line({ sqrtPriceLimitX96: "1" }),
      "a",
      "bad_request",
      /v2 pool knows no price limit/,
    ],
    [
      "a limit above the price",
      line({ pool: V3, sqrtPriceLimitX96: String(1n << 97n) }),
      "a",
      "refused:price_limit",
      /price limit/,
    ],
    ["nothing", line({ amountIn: "0" }), "a", "refused:zero_amount", /zero/],
    [
      "more than the reserve",
      line({ amountIn: undefined, amountOut: "2000" }),
      "a",
      "refused:insufficient_liquidity",
      /not hold/,
    ],
    ["an id behind the fault", `{"pool":{"ticks":7},"id":"a"}`, "a", "bad_request", /pool\.ticks/],
    [
      "nested deep",
      `{"id":"a","pool":${"[".repeat(50_000)}${"]".repeat(50_000)}}`,
      "a",
      "bad_json",
      /pool.*deeper than 64/,
    ],
    ["brackets", "[".repeat(100_000), null, "bad_json", /deeper than 64/],
    ["five megabytes of x", "x".repeat(5_000_000), null, "bad_json", /1024/],
  ])("%s", async (...[, text, id, code, message]) => {
    const [answer, next, ...rest] = await ask(`${text}\n${line()}\n`);
    const refusal: unknown = JSON.parse(answer ?? "");
    expect(refusal).toEqual({ id, error: { code, message: expect.stringMatching(message) } });
    expect([next, ...rest]).toEqual([FINE]);
  });
});
