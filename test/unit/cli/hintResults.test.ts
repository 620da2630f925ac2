import { expect, test } from "vitest";
import { createHintResults } from "../../../src/cli/hintResults.ts";

const result = (state: string, more: object = {}) => ({
  method: "hint.result",
  params: { id: "a", source: "me", state, time: 1, ...more },
});

test("a hint has ended when its time is over and every intent of it has a fate", () => {
  const results = createHintResults("me");
  expect([results.expect("a"), results.expect("a")]).toEqual([true, false]);
  for (const [state, more, open] of [
    ["accepted", {}, 1],
    ["submitted", { intent: "i1" }, 1],
    ["submitted", { intent: "i2" }, 1],
    ["landed", { intent: "i1" }, 1],
    ["expired", {}, 1],
    ["missed", { intent: "i2" }, 0],
  ] as const) {
    expect(results.take(result(state, more))).toMatchObject({ id: "a", state });
    expect(results.open).toBe(open);
  }
  expect(results.take(result("expired"))).toBe(null);
});

test("one that is replaced lives on; one that is taken back does not", () => {
  const results = createHintResults("me");
  results.expect("a");
  results.take(result("cancelled", { code: "replaced" }));
  expect(results.open).toBe(1);
  results.take(result("cancelled"));
  expect(results.open).toBe(0);
});

test("others' hints, other names and what is no result are passed over", () => {
  const results = createHintResults("me");
  results.expect("a");
  for (const other of [
    result("expired", { source: "other" }),
    result("expired", { id: "b" }),
    result("vanished"),
    { method: "event", params: result("expired").params },
    { method: "hint.result", params: null },
  ])
    expect(results.take(other)).toBe(null);
  expect(results.open).toBe(1);
  results.forget("a");
  expect(results.open).toBe(0);
});
