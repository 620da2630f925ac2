import { expect, test } from "vitest";
import { createHintBook, type HintBook } from "../../../src/control/hintBook.ts";
import type { HintResult } from "../../../src/control/protocol.ts";
import type { Decision, SubmitDecision } from "../../../src/engine/decisions.ts";
import type { EngineEvent, Fate } from "../../../src/engine/events.ts";
import { BACKWARDS, CYCLE, DEXES, TOKENS, triangle } from "../../support/controlStage.ts";
import { refOf } from "../../../src/engine/judging.ts";
import { address, committed, header, syncLog, UNIT, USDC, WPOL } from "../../support/marketFixture.ts";
import { seedStage, type StageEntry } from "../../support/seedMarket.ts";

interface Stage {
  readonly book: HintBook;
  readonly results: HintResult[];
  readonly asked: EngineEvent[];
  /** States of the results since the last call, with codes. */
  readonly told: () => string[];
  readonly step: (event: EngineEvent) => readonly Decision[];
  readonly wait: (ms: number) => void;
}

interface StageOptions {
  readonly most?: number;
  readonly entries?: readonly StageEntry[];
}

function stageOf({ most = 100, entries = triangle() }: StageOptions = {}): Stage {
  const results: HintResult[] = [];
  const asked: EngineEvent[] = [];
  const engine = seedStage({
    tokens: TOKENS,
    dexes: DEXES,
    bases: [WPOL, USDC],
    usd: [USDC],
    entries,
  });
  let now = 1000;
  const step = (event: EngineEvent): readonly Decision[] => {
    const decisions = engine.engine.step(event);
    book.onStep(event, decisions);
    return decisions;
  };
  const book = createHintBook({
    ports: {
      ...engine.ports,
      take: (event) => {
        asked.push(event);
        return step(event);
      },
    },
    clock: { now: () => 1_700_000_000_000 + now, monotonic: () => now },
    most,
    onResult: (result) => void results.push(result),
  });
  return {
    book,
    results,
    asked,
    told: () =>
      results
        .splice(0)
        .map(({ id, state, code }) => [id, state, ...(code === undefined ? [] : [code])].join(" ")),
    step,
    wait: (ms) => {
      now += ms;
      book.sweep();
    },
  };
}

const named = (id: string, more: object = {}): object => ({ id, ...CYCLE, ...more });
const block = (number: number) => committed(header(number), []);
const mined = (number: number) =>
  ({ type: "mined", time: 0, block: refOf(header(number)), transactions: [] }) as const;

test("each hint has a verdict, in its place, and the good ones go to the engine in one event", () => {
  const { book, asked, told } = stageOf();
  const verdicts = book.push(
    [
      named("a"),
      null,
      named("b", { pools: [address(1)] }),
      named("c", { gas: 5 }),
      { id: "d", path: ["WPOL", "NOPE"], dexes: ["dex1"] },
      { ...BACKWARDS, id: "e" },
      named("a"),
      named("__proto__"),
      { path: ["WPOL", "USDC"], dexes: ["nowhere"] },
    ],
    "brain",
  );
  const brief = verdicts.map(
    ({ id, verdict, code }) => `${id.startsWith("hint-") ? "?" : id} ${code ?? verdict}`,
  );
  expect(brief).toEqual([
    "a accepted",
    "? invalid",
    "b invalid",
    "c invalid",
    "d unknown_token",
    "e accepted",
    "a repeated",
    "? invalid",
    "? unknown_dex",
  ]);
  expect(asked).toHaveLength(1);
  expect(asked[0]).toMatchObject({
    type: "hint",
    use: "keep",
    routes: [
      { id: "a", source: "brain", scoreFloat: 0.5, budgetFloat: 1, hops: [{ pool: address(1) }, {}, {}] },
      { id: "e", hops: [{ pool: address(5) }, {}, {}] },
    ],
  });
  expect(book.size).toBe(2);
  expect(told()).toHaveLength(verdicts.length);
});

test("nothing but priority can be said in a hint", () => {
  const { book } = stageOf();
  const more = [
    "gas",
    "recipient",
    "min_profit",
    "slippage",
    "limits",
    "tip",
    "executor",
    "amount",
    "callback",
  ];
  for (const field of more) {
    const [verdict] = book.push([named("a", { [field]: "1" })], "brain");
    expect(verdict).toMatchObject({ verdict: "refused", code: "invalid" });
    expect(verdict?.reason).toContain(field);
  }
  for (const [field, value] of [
    ["score", 1.01],
    ["score", -1],
    ["budget", 2],
    ["ttl_ms", 99],
    ["ttl_ms", 60_001],
    ["path", ["WPOL"]],
    ["path", Array.from({ length: 8 }, () => "WPOL")],
    ["dexes", []],
    ["id", ""],
  ] as const)
    expect(book.push([named("a", { [field]: value })], "brain")[0]?.verdict).toBe("refused");
  expect(book.size).toBe(0);
});

test("accepted, profitable or scanned with its code, once a change, then expired with what was best", () => {
  const { book, told, results, step, wait } = stageOf();
  book.push([named("up"), { ...BACKWARDS, id: "down" }], "brain");
  expect(told()).toEqual(["up accepted", "down accepted"]);
  step(block(3));
  step(mined(3));
  const first = results.map(({ id, state }) => `${id} ${state}`);
  expect(first).toContain("up profitable");
  expect(first).toContain("down scanned");
  const net = results.find(({ state }) => state === "profitable")?.net;
  expect(BigInt(net ?? 0)).toBeGreaterThan(UNIT);
  results.length = 0;
  for (let number = 4; number < 8; number++) {
    step(block(number));
    step(mined(number));
  }
  expect(told().length).toBeLessThanOrEqual(2);
  wait(4_999);
  expect(book.size).toBe(2);
  wait(1);
  expect(book.size).toBe(0);
  expect(results.map(({ id, state }) => `${id} ${state}`)).toEqual(["up expired", "down expired"]);
  expect(results[0]?.net).toBe(net);
  expect(results[1]?.code).toBe("no_profit");
});

test("cancelled ones are not priced any more; the engine hears of both ends", () => {
  const { book, asked, told, step, wait } = stageOf();
  book.push([named("a"), named("b", { ttl_ms: 100 })], "brain");
  told();
  expect(book.cancel(["a", "a", "nobody"])).toBe(1);
  wait(100);
  expect(told()).toEqual(["a cancelled", "b expired"]);
  expect(asked.slice(1)).toMatchObject([
    { type: "unhint", ids: ["a"] },
    { type: "unhint", ids: ["b"] },
  ]);
  expect(book.cancel(["a", "b"])).toBe(0);
  wait(10_000);
  step(block(3));
  expect(told()).toEqual([]);
});

test("a second hint of a name replaces the first; a name of another source is taken", () => {
  const { book, told, wait } = stageOf();
  book.push([named("a", { ttl_ms: 1000 })], "brain");
  wait(900);
  told();
  book.push([named("a", { ttl_ms: 1000, score: 0.9 })], "brain");
  expect(told()).toEqual(["a cancelled replaced", "a accepted"]);
  wait(900);
  expect(book.list(10)).toMatchObject([{ id: "a", score: 0.9, expires_in_ms: 100 }]);
  expect(book.push([named("a")], "other")[0]).toMatchObject({ verdict: "refused", code: "id_taken" });
});

test("more than may live are not taken, and none of that push", () => {
  const { book } = stageOf({ most: 3 });
  book.push([named("a"), named("b")], "brain");
  expect(() => book.push([named("c"), named("d")], "brain")).toThrow("no more than 3 hints");
  expect(book.size).toBe(2);
  expect(book.push([named("a"), named("b"), named("c")], "brain").map(({ verdict }) => verdict)).toEqual([
    "accepted",
    "accepted",
    "accepted",
  ]);
});

test("the list has the best scored first", () => {
  const { book } = stageOf();
  book.push([named("a", { score: 0.1 }), named("b", { score: 0.9 }), named("c", { score: 0.5 })], "brain");
  expect(book.list(2).map(({ id }) => id)).toEqual(["b", "c"]);
});

test("submitted and the intent's end, even after the hint's own", () => {
  for (const [fate, state] of [
    ["included", "landed"],
    ["reverted", "missed"],
    ["missed", "missed"],
    ["replaced", "missed"],
    ["rejected", "missed"],
    ["dry-run", "missed"],
  ] as const) {
    const { book, results, told, step, wait } = stageOf({ entries: lonely });
    book.push([named("a")], "brain");
    const intentId = submitOf(step(opening))?.intentId ?? "";
    expect(results.find((one) => one.state === "submitted")).toMatchObject({ id: "a", intent: intentId });
    wait(60_000);
    told();
    outcome(step, intentId, "unknown");
    expect(told()).toEqual([]);
    outcome(step, intentId, fate);
    expect(results).toMatchObject([{ id: "a", state, code: fate, intent: intentId, block: 9 }]);
    outcome(step, intentId, fate);
    expect(results).toHaveLength(1);
  }
});

test("an end that is told before the submission itself, as when nothing may be sent", () => {
  const { book, step } = stageOf({ entries: lonely });
  book.push([named("a")], "brain");
  const submit = submitOf(step(opening));
  const other = stageOf({ entries: lonely });
  other.book.push([named("a")], "brain");
  other.told();
  const intentId = submit?.intentId ?? "";
  outcome((event) => (other.book.onStep(event, []), []), intentId, "rejected");
  other.book.onStep(opening, submit === undefined ? [] : [submit]);
  expect(other.told()).toEqual(["a submitted", "a missed rejected"]);
});

/** The cycle of the hint and no other, without a gain. */
const lonely = triangle(1).slice(0, 3);

/** A block with which the market's cycle begins to pay. */
const opening = committed(header(3), [syncLog(address(3), 1_200_000n * UNIT, 1_000_000n * UNIT, header(3))]);

const submitOf = (decisions: readonly Decision[]): SubmitDecision | undefined =>
  decisions
    .filter((decision) => decision.type === "submit")
    .find(({ hintIds }) => hintIds?.includes("a") === true);

function outcome(step: Stage["step"], intentId: string, fate: Fate): void {
  step({ type: "outcome", time: 1, intentId, fate, reason: "", block: 9, transactionHash: null });
}
