import { expect, test } from "vitest";
import type { Decision } from "../../../src/engine/decisions.ts";
import type { EngineEvent } from "../../../src/engine/events.ts";
import { refOf } from "../../../src/engine/judging.ts";
import { judgedOf } from "../../support/backrunStage.ts";
import {
  CHEAP,
  DEAR,
  hint,
  hintsOf,
  hopsOf,
  moves,
  quiet,
  ringPays,
  route,
  start,
  unhint,
} from "../../support/hintStage.ts";
import { header } from "../../support/marketFixture.ts";

/** USDC for WPOL where it is cheap, and back where it is dear: the search finds it by itself. */
const UP = hopsOf([DEAR, CHEAP]).map((hop, i) => ({ ...hop, zeroForOne: i === 0 }));
const DOWN = hopsOf([CHEAP, DEAR]).map((hop, i) => ({ ...hop, zeroForOne: i === 0 }));
const dearer = (number: number) => moves(header(number), { [DEAR.address]: 4n });
const even = (number: number) => moves(header(number), { [DEAR.address]: 0n });

/** A block's transactions, which come behind its decision. */
const mined = (number: number): EngineEvent => ({
  type: "mined",
  time: 0,
  block: refOf(header(number)),
  transactions: [],
});
const told = (decisions: readonly Decision[]): readonly string[] =>
  hintsOf(decisions).map(({ id, state, code }) => `${id} ${state} ${code}`);

test("where the search finds it, the hint has its name on it, and is told with the block", () => {
  const engine = start();
  engine.step(hint("keep", route("up", { hops: UP }), route("down", { hops: DOWN })));
  const decisions = engine.step(dearer(3));
  expect(judgedOf(decisions).find(({ hintIds }) => hintIds?.includes("up"))?.code).toBe("submitted");
  expect(told(decisions)).toEqual(["up profitable submitted"]);
});

test("what does not pay is told behind the block's decision, once a change", () => {
  const engine = start();
  engine.step(hint("keep", route("up", { hops: UP }), route("down", { hops: DOWN })));
  expect(told(engine.step(quiet(3)))).toEqual([]);
  expect(told(engine.step(mined(3))).toSorted()).toEqual(["down scanned no_profit", "up scanned no_profit"]);
  engine.step(quiet(4));
  expect(told(engine.step(mined(4)))).toEqual([]);
  expect(told(engine.step(dearer(5)))).toEqual(["up profitable submitted"]);
  expect(told(engine.step(mined(5)))).toEqual([]);
  engine.step(even(6));
  expect(told(engine.step(mined(6)))).toEqual(["up scanned no_profit"]);
});

test("a hint of what stands open already is told with the next block", () => {
  const engine = start();
  engine.step(dearer(3));
  for (const id of ["first", "second"]) engine.step(hint("keep", route(id, { hops: UP })));
  expect(told(engine.step(quiet(4)))).toMatchObject([
    expect.stringMatching(/^first profitable/),
    expect.stringMatching(/^second profitable/),
  ]);
  engine.step(mined(4));
  // A third one, behind the review.
  engine.step(hint("keep", route("third", { hops: UP })));
  expect(told(engine.step(quiet(5))).some((text) => text.startsWith("third profitable"))).toBe(true);
});

test("what is taken back, or the block ignores, is not reviewed; what the search does not cover does not wait for it", () => {
  const engine = start();
  engine.step(hint("keep", route("ring"), route("up", { hops: UP })));
  engine.step(unhint("up"));
  expect(told(engine.step(quiet(3)))).toEqual(["ring scanned no_profit"]);
  expect(told(engine.step(mined(3)))).toEqual([]);
  expect(told(engine.step(ringPays(4)))).toEqual(["ring profitable submitted"]);
  const deaf = start({ hintControlShareFloat: 1 });
  deaf.step(hint("keep", route("up", { hops: UP })));
  deaf.step(quiet(3));
  expect(told(deaf.step(mined(3)))).toEqual([]);
});
