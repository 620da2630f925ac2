import { expect, test } from "vitest";
import { createHintRecords } from "../../../src/app/hintRecords.ts";
import { hint, quiet, ringPays, route, start, unhint } from "../../support/hintStage.ts";

test("what comes and goes is gathered, and written with the next block in its order", () => {
  const records = createHintRecords();
  const [first, second] = [hint("keep", route("h1")), hint("keep", route("h1", { scoreFloat: 1 }))];
  expect(records.of(first, [])).toEqual([]);
  expect(records.of(unhint("h1"), [])).toEqual([]);
  expect(records.of(second, [])).toEqual([]);
  expect(records.of(quiet(3), [])).toEqual([
    {
      type: "hints",
      time: quiet(3).time,
      changes: [
        { type: "pushed", route: route("h1"), time: first.time },
        { type: "withdrawn", id: "h1", time: 6 },
        { type: "pushed", route: route("h1", { scoreFloat: 1 }), time: second.time },
      ],
      asked: [],
    },
  ]);
  expect(records.of(quiet(4), [])).toEqual([]);
});

test("of asked routes those that led to an opportunity are written, the others counted", () => {
  const [records, engine] = [createHintRecords(), start()];
  engine.step(ringPays(3));
  const asked = hint(
    "ask",
    route("q1"),
    route("q2", { hops: [] }),
    route("q3", { hops: [], source: "other" }),
  );
  const decisions = engine.step(asked);
  const results = records.of(asked, decisions);
  expect(results).toMatchObject([{ type: "hint_results", results: [{ id: "q1", code: "submitted" }] }]);
  expect(records.of(quiet(4), [])).toMatchObject([
    {
      changes: [],
      asked: [
        { source: "brain", routes: 2, profitable: 1 },
        { source: "other", routes: 1, profitable: 0 },
      ],
    },
  ]);
});

test("a flood within one block is not held back for ever", () => {
  const records = createHintRecords();
  const routes = Array.from({ length: 200 }, (_, i) => route(`h${i}`));
  let written = 0;
  for (let push = 0; push < 100; push++)
    for (const record of records.of(hint("keep", ...routes), []))
      if (record.type === "hints") written += record.changes.length;
  expect(written).toBe(20_000);
});

test("a block's trial and what came of kept hints are written with it", () => {
  const [records, engine] = [createHintRecords(), start()];
  const push = hint("keep", route("h1"));
  records.of(push, engine.step(push));
  const block = ringPays(3);
  const types = records.of(block, engine.step(block)).map(({ type }) => type);
  expect(types).toEqual(["hints", "hint_results", "hint_trial"]);
});
