import { expect, test } from "vitest";
import { parseSince, tradesCommand } from "../../../src/cli/trades.ts";
import { whyCommand } from "../../../src/cli/why.ts";
import { openWritable } from "../../../src/ledger/database.ts";
import { beginRun } from "../../../src/ledger/journal.ts";
import { createRecordWriter } from "../../../src/ledger/recordWriter.ts";
import { ledgerPath } from "../../support/ledgerFile.ts";
import { address, hash, judged, registry, run, TIME } from "../../support/ledgerRecords.ts";
import { writeScene } from "../../support/ledgerScene.ts";

function textOf(command: (out: { write: (text: string) => void }) => number): string {
  let text = "";
  expect(command({ write: (part) => void (text += part) })).toBe(0);
  return text;
}

test("why shows every gate of a trade that landed", () => {
  const db = writeScene();
  expect(textOf((out) => whyCommand("o1", { db, json: false }, out))).toBe(
    ` id     o1   cycle cycle-1
 seen   block 100 ${hash(100)}   2026-01-02 03:04:05.000Z
 price  USDC>WETH>USDC   in 100 USDC   out 101.5 USDC   profit 1.5 USDC   marginal 1.032500
 hop    quickswap_v2 ${address(11)}   100 USDC > 0.025 WETH
 hop    uniswap_v3 ${address(12)}   0.025 WETH > 101.5 USDC
 gates  verdict ok   profit 3 POL   gas 300,000 x 40 gwei = 0.012 POL   net 2.988 POL (need 0.01 POL)
 ended  submitted
 intent i1   target block 101   opportunities 1   net 2.988 POL
 signed ${hash(1_000_001)}   nonce 1   bundle ${hash(7)}   +1 ms
 sent   private accepted in 38.0 ms   +2 ms
 result included   block 101 index 3   realised 1.5 USDC, predicted 1.5 USDC: equal   gas 250,000 x 40 gwei = 0.01 POL
`,
  );
});

test("why shows a difference of one unit, a doubt, and what was not sent", () => {
  const db = writeScene();
  const why = (id: string): string => textOf((out) => whyCommand(id, { db, json: false }, out));
  expect(why("i2")).toContain("realised 0.000999999999999999 WETH, predicted 0.001 WETH: DIFFERENT");
  expect(why("i2").match(/^ (?:id|intent) /gm)).toEqual([" id ", " id ", " intent "]);
  expect(why("o5")).toContain("result unknown   relay cut the connection");
  expect(why("last")).toMatch(/net -1 POL \(need 0\.01 POL\)\n ended {2}gas_over_profit\n$/);
});

test("why --json gives one object a line, amounts as decimal strings", () => {
  const db = writeScene();
  const lines = textOf((out) => whyCommand("i2", { db, json: true }, out))
    .trimEnd()
    .split("\n");
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    {
      id: "o2a",
      profit: "1500000",
      intent: { id: "i2", fates: [{ profits: [{ realised: "1500000" }, {}] }] },
    },
    { id: "o2b", profit: "1000000000000000" },
  ]);
});

test("a hostile symbol or detail cannot reach the terminal", () => {
  const db = ledgerPath();
  const handle = openWritable(db, "full");
  const symbol = `A\n\u001B[2J\u202E<img onerror>${"x".repeat(10_000)}`;
  createRecordWriter(
    handle,
    beginRun(handle, run),
  )([
    { ...registry, tokens: registry.tokens.map((token) => ({ ...token, symbol })) },
    judged("o1", { code: "suspect", detail: "\u001B]0;title\u0007\r\nforged line" }),
  ]);
  handle.close();
  const text = textOf((out) => whyCommand("o1", { db, json: false }, out));
  expect(text.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  expect(
    text
      .trimEnd()
      .split("\n")
      .map((line) => line.slice(1, 7).trimEnd()),
  ).toEqual(["id", "seen", "price", "hop", "hop", "gates", "ended"]);
  expect(text.length).toBeLessThan(2_000);
});

test("an unknown id, an empty ledger and a missing file are one plain sentence with 65", () => {
  const out = { write: () => undefined };
  const refusal = (id: string, db: string): unknown => {
    try {
      return whyCommand(id, { db, json: false }, out);
    } catch (error) {
      return error;
    }
  };
  expect(refusal("nope", writeScene())).toMatchObject({
    exitCode: 65,
    message:
      'the ledger has no opportunity, intent or transaction nope; "turbo-mev why last" shows the newest',
  });
  const empty = ledgerPath();
  openWritable(empty, "full").close();
  expect(refusal("last", empty)).toMatchObject({
    exitCode: 65,
    message: "the ledger has no opportunity yet",
  });
  expect(refusal("last", `${empty}.missing`)).toMatchObject({ exitCode: 65 });
});

test("a row that was changed by hand is bad input, named by its column", () => {
  const db = writeScene();
  const handle = openWritable(db, "full");
  handle.exec("UPDATE opportunities SET net = '1.5' WHERE id = 'o1'");
  handle.close();
  expect(() => whyCommand("o1", { db, json: false }, { write: () => undefined })).toThrow(
    /ledger\.db: a row is malformed at net: /,
  );
});

test("trades are a table for people and lines of JSON for programs", () => {
  const db = writeScene();
  expect(textOf((out) => tradesCommand({ db, json: false, limit: 2 }, out))).toBe(
    `time (UTC)           block  fate      route                            base       predicted  realised  equal  gas       net        id
2026-01-03 03:04:06  101    reverted  USDC>WETH>USDC                   USDC       1.500000   0.000000  -      0.010000  -0.010000  i3
2026-01-03 03:04:05  101    included  USDC>WETH>USDC + USDC>WETH>WETH  USDC+WETH  -          -         NO     0.010000  7.990000   i2
`,
  );
  const lines = textOf((out) => tradesCommand({ db, json: true }, out))
    .trimEnd()
    .split("\n");
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { intentId: "i3" },
    { intentId: "i2" },
    { intentId: "i1", equal: true },
  ]);
  expect(textOf((out) => tradesCommand({ db, json: false, since: TIME * 2 }, out))).toBe("no trades\n");
});

test("since is a span back from now, or a date", () => {
  expect(parseSince("90m", TIME)).toBe(TIME - 5_400_000);
  expect(parseSince("24h", TIME)).toBe(TIME - 86_400_000);
  expect(parseSince("7d", TIME)).toBe(TIME - 604_800_000);
  expect(parseSince("2026-01-02T03:04:05Z", 0)).toBe(TIME);
  for (const bad of ["", "yesterday", "24", "-1h", "2026-13-01"]) {
    expect(() => parseSince(bad, TIME)).toThrow(/--since/);
  }
});
