import * as fc from "fast-check";
import { expect, test } from "vitest";
import { engineEventSchema } from "../../../src/feed/eventSchema.ts";
import { eventToJson } from "../../../src/feed/eventJson.ts";
import { parseHeader, parseLog, parsePendingTransaction } from "../../../src/feed/parse.ts";
import { parseRpcMessage } from "../../../src/feed/rpcMessage.ts";
import type { EngineEvent } from "../../../src/engine/events.ts";
import { createFakeChain, headerJson, logsJson } from "../../support/feedChain.ts";

/** The same in every run; FEED_FUZZ_SEED draws other cases. */
const seed = Number(process.env["FEED_FUZZ_SEED"] ?? 20_261_124);
const RUNS = 25_000;
console.log(`feed fuzz seed ${seed}`);

const nasty = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.constantFrom<unknown>(
    undefined,
    null,
    "",
    "0x",
    "0xg",
    "0x-1",
    "1",
    "0x" + "f".repeat(65),
    "0x" + "f".repeat(64),
    "0x1" + "0".repeat(100_000),
    "0X1",
    "0x١",
    -0,
    Number.POSITIVE_INFINITY,
    Number.NaN,
    ["0x1"],
    { toString: "0x1" },
    { __proto__: { hash: "0x1" } },
    "0x20000000000000",
    "0x7f",
  ),
  fc.integer({ min: 0, max: 80 }).map((digits) => `0x${"aB".repeat(digits)}`),
);

/** A good answer with some of its fields replaced, dropped or added. */
const damaged = (good: Readonly<Record<string, unknown>>): fc.Arbitrary<unknown> =>
  fc
    .array(fc.tuple(fc.constantFrom(...Object.keys(good), "extra", "__proto__"), nasty), { maxLength: 4 })
    .map((changes) => Object.fromEntries([...Object.entries(good), ...changes]));

const chain = createFakeChain(1, 5, () => 1_700_000_000_000);
const block = chain.extend();
const body = {
  blockHash: null,
  hash: block.hash,
  from: "0x00000000000000000000000000000000000000aa",
  to: "0x00000000000000000000000000000000000000bb",
  nonce: "0x1",
  value: "0x0",
  gas: "0x5208",
  input: "0x38ed1739",
  type: "0x2",
  maxFeePerGas: "0x77359400",
  maxPriorityFeePerGas: "0x3b9aca00",
};

/** Whatever a parser lets through must be a value that the recording's strict schema takes too. */
const accepted = (event: EngineEvent): boolean =>
  engineEventSchema.safeParse(JSON.parse(eventToJson(event))).success;

const cases: [string, fc.Arbitrary<unknown>, (value: unknown) => EngineEvent | null][] = [
  [
    "headers",
    damaged(headerJson(block)),
    (value) => {
      const header = parseHeader(value);
      if (header === null) return null;
      return { type: "committed", time: 0, block: header, logs: [], tainted: [], fees: [], atHead: true };
    },
  ],
  [
    "logs",
    damaged(logsJson(block)[0] ?? {}),
    (value) => {
      const header = parseHeader(headerJson(block));
      const noted = parseLog(value);
      if (noted === null || header === null) return null;
      return {
        type: "committed",
        time: 0,
        block: header,
        logs: [noted.log],
        tainted: [],
        fees: [],
        atHead: true,
      };
    },
  ],
  [
    "pending transactions",
    damaged(body),
    (value) => {
      const transaction = parsePendingTransaction(value);
      return transaction === null ? null : { type: "pending", time: 0, transaction };
    },
  ],
];

for (const [what, values, read] of cases) {
  test(`${RUNS} hostile ${what}: refused, or parsed into range`, () => {
    let kept = 0;
    const property = fc.property(fc.oneof({ weight: 9, arbitrary: values }, nasty), (value) => {
      const event = read(value);
      if (event !== null) kept++;
      expect(event === null || accepted(event)).toBe(true);
    });
    fc.assert(property, { numRuns: RUNS, seed });
    // A parser that refuses everything would pass for nothing.
    expect(kept).toBeGreaterThan(RUNS / 100);
  });
}

test(`${RUNS} hostile frames: sorted or refused`, () => {
  const frame = fc.oneof(
    fc.string(),
    fc.json(),
    fc
      .record(
        { jsonrpc: nasty, id: nasty, result: nasty, error: nasty, method: nasty, params: nasty },
        { requiredKeys: [] },
      )
      .map((value) => JSON.stringify(value)),
    fc
      .record({
        id: fc.nat(),
        error: fc.record({ code: nasty, message: nasty, data: nasty }, { requiredKeys: [] }),
      })
      .map((value) => JSON.stringify(value)),
  );
  const property = fc.property(frame, (text) => {
    const message = parseRpcMessage(text);
    expect(message === null || ["answer", "error", "notification"].includes(message.type)).toBe(true);
  });
  fc.assert(property, { numRuns: RUNS, seed });
  expect(parseRpcMessage("[".repeat(1_000_000))).toBeNull();
});
