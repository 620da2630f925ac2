import { expect, test } from "vitest";
import { createBackrunClock } from "../../../src/app/backrunClock.ts";
import { mined, sale, start, submitsOf, told } from "../../support/backrunStage.ts";
import { committed, header } from "../../support/marketFixture.ts";

test("from the frame of its trigger to the bundle on its way, once", () => {
  let now = 100;
  const clock = createBackrunClock({ monotonic: () => now });
  const event = told(sale(20_000n));
  const decisions = start().step(event);
  clock.decided(event, 98.5, decisions);
  const intentId = submitsOf(decisions)[0]?.intentId ?? "";
  now = 101;
  const triggerHash = sale(20_000n).hash;
  expect(clock.sent(intentId)).toEqual({ intentId, triggerHash, micros: 2500 });
  expect(clock.sent(intentId)).toBeNull();
  expect(clock.sent("of a settled plan")).toBeNull();
});

test("a trigger that waited since a block before has no time of its own", () => {
  const clock = createBackrunClock({ monotonic: () => 5 });
  const engine = start();
  engine.step(told(sale(20_000n)));
  engine.step(committed(header(3), []));
  const event = mined(header(3), []);
  const decisions = engine.step(event);
  clock.decided(event, 1, decisions);
  expect(clock.sent(submitsOf(decisions)[0]?.intentId ?? "")?.micros).toBeNull();
});
