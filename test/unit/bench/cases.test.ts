import { expect, test } from "vitest";
import { awaitingTurns, takingTurns } from "../../../bench/cases/contenders.ts";
import { createMarketScan } from "../../../bench/cases/marketScan.ts";
import { drawPlans } from "../../../bench/cases/plans.ts";
import { measureStory, storyOf } from "../../../bench/cases/recordedMarket.ts";
import { drawCycles, tableOf } from "../../../bench/cases/sizingSample.ts";
import { generatePreset } from "../../../bench/market/generate.ts";
import { viemCalldata } from "../../../bench/references/signPeers.ts";
import { ternary } from "../../../bench/references/ternary.ts";
import { encodePlan } from "../../../src/execution/calldata.ts";
import { createSizer } from "../../../src/search/scan/sizer.ts";

test("contenders take their items in turn, from batch to batch", async () => {
  const seen: number[] = [];
  const note = (item: number): number => seen.push(item);
  const { run } = takingTurns("", [1, 2, 3], note);
  await run(2);
  await run(3);
  expect(seen).toEqual([1, 2, 3, 1, 2]);
  const late = awaitingTurns("", [5, 6], (item) => Promise.resolve(note(item)));
  await late.run(3);
  expect(seen.slice(5)).toEqual([5, 6, 5]);
});

test("a story is told from the start each time, and only counted walks are kept", () => {
  const market = generatePreset("300 mixed", 7);
  const story = storyOf(
    market,
    Array.from({ length: 3 }, () => market.nextBlock(5)),
  );
  const told: string[] = [];
  const take = (changes: typeof story.back): void =>
    void told.push(changes.map(({ pool }) => pool).join(" "));
  const [micros] = measureStory(story, [{ name: "", take }], { budgetMs: 0 });
  const texts = [story.back, ...story.blocks.map(({ changes }) => changes)].map((changes) =>
    changes.map(({ pool }) => pool).join(" "),
  );
  expect(told).toEqual([...texts, ...texts, ...texts, ...texts]);
  expect(micros).toHaveLength(9);
  for (const { pool, state } of story.back) expect(state).toBe(market.states[pool]);
});

test("plans and calls that are to be signed say the same", () => {
  for (const { plan, encoding, call } of drawPlans(generatePreset("300 mixed", 7), 8, 3))
    expect(encodePlan(plan, encoding)).toBe(viemCalldata(call));
});

test("a sample's cycles pay, and its table sizes them as the market's own does", () => {
  const drawn = drawCycles(generatePreset("300 mixed", 7), { count: 12, seed: 1, wanted: () => true });
  expect(drawn).toHaveLength(12);
  const { edges, starts, ...parts } = tableOf(drawn);
  const sizer = createSizer(parts);
  for (const [i, { legs }] of drawn.entries()) {
    const profit = Number(sizer.size(edges, starts[i] ?? 0, legs.length)?.profit);
    expect(profit / Number(ternary(legs)?.profit)).toBeGreaterThan(0.9999);
  }
});

test("a market's scan finds what a block dislocates", () => {
  const market = generatePreset("300 mixed", 7);
  const made = createMarketScan(market);
  expect(made.load(market.states)).toBe(true);
  let found = 0;
  for (let block = 0; block < 10; block++) {
    made.scan.search(made.take(market.nextBlock(60).changes), made.request);
    found += made.scan.ranked.count;
  }
  expect(found).toBeGreaterThan(0);
});
